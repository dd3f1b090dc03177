#include <string_view>

#include "core/engine.hpp"

namespace aurora::core {
namespace {

std::optional<std::string> value_of(std::string_view name, const instance_variables& variables) {
  if (name == "PORT") return variables.port ? std::to_string(*variables.port) : std::string();
  if (name == "AURORA_SERVICE") return variables.service;
  if (name == "AURORA_INSTANCE") return std::to_string(variables.instance);
  return std::nullopt;
}

}  // namespace

// What is no variable of an instance stays as it is: the configuration has closed or refused all
// others long before.
std::string expand(const templated& text, const instance_variables& variables) {
  std::string result;
  std::string_view rest = text.text;
  while (!rest.empty()) {
    const std::size_t dollar = rest.find('$');
    result += rest.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    rest.remove_prefix(dollar);
    if (rest.substr(0, 2) == "$$") {
      result += '$';
      rest.remove_prefix(2);
      continue;
    }
    const std::size_t end = rest.substr(0, 2) == "${" ? rest.find('}') : std::string_view::npos;
    const auto value =
        end == std::string_view::npos ? std::nullopt : value_of(rest.substr(2, end - 2), variables);
    result += value ? *value : "$";
    rest.remove_prefix(value ? end + 1 : 1);
  }
  return result;
}

std::vector<std::string> expand(const argv_template& argv, const instance_variables& variables) {
  std::vector<std::string> result;
  result.reserve(argv.size());
  for (const templated& argument : argv) result.push_back(expand(argument, variables));
  return result;
}

std::string instance_name(const service_spec& service, unsigned number) {
  if (service.instances <= 1) return service.name;
  return service.name + "@" + std::to_string(number);
}

}  // namespace aurora::core

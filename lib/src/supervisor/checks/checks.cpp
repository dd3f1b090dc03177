#include <algorithm>

#include <aurora/checks.hpp>

#include "supervisor/checks/subject.hpp"

namespace aurora {
namespace shell {

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%:,=";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
    return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

namespace {

std::vector<const service_spec*> chosen(const stack_spec& stack,
                                        const std::vector<std::string>& names) {
  std::vector<const service_spec*> services;
  for (const auto& service : stack.services)
    if (names.empty() || std::find(names.begin(), names.end(), service.name) != names.end())
      services.push_back(&service);
  return services;
}

}  // namespace
}  // namespace shell

std::string_view to_string(verdict how) {
  switch (how) {
    case verdict::ok:
      return "ok";
    case verdict::warn:
      return "warn";
    case verdict::fail:
      return "fail";
  }
  return "";
}

std::vector<finding> check_machine(const stack_spec& stack, const check_scope& scope) {
  shell::state_paths paths(scope.state_dir);
  auto daemon = shell::look_for_daemon(paths);
  const shell::subject of{stack, scope, std::move(paths), shell::chosen(stack, scope.services),
                          std::move(daemon)};
  std::vector<finding> found;
  for (const auto check :
       {shell::check_configuration, shell::check_prerequisites, shell::check_commands,
        shell::check_ports, shell::check_state, shell::check_leftovers, shell::check_rivals,
        shell::check_disk, shell::check_limits, shell::check_cgroup, shell::check_kernel,
        shell::check_clock})
    check(of, found);
  return found;
}

}  // namespace aurora

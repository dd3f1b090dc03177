#include <fmt/format.h>

#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>

#include "context.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

json::value fault_json(const diagnostic& fault) {
  return json::object{
      {"file", fault.at.file},
      {"line", fault.at.line},
      {"column", fault.at.column},
      {"key", fault.key},
      {"severity", fault.level == diagnostic::severity::error ? "error" : "warning"},
      {"message", fault.message},
      {"hint", fault.hint},
      {"text", to_string(fault)}};
}

void print_json(context& c, const std::string& file, const load_result& loaded) {
  json::array faults;
  for (const auto& fault : loaded.faults) faults.push_back(fault_json(fault));
  json::object result{{"file", file}, {"valid", loaded.stack.has_value()}};
  if (loaded.stack) result["services"] = loaded.stack->services.size();
  result["faults"] = std::move(faults);
  c.out.line(to_text(result));
}

}  // namespace

int verb_validate(context& c) {
  const std::string file =
      c.given.operands.empty() ? require_config(c.given) : absolute(c.given.operands.front());
  disk_source disk;
  const load_result loaded = load_config(file, disk);
  fault_context context(file, disk);
  std::size_t errors = 0;
  for (const auto& fault : loaded.faults) {
    const bool error = fault.level == diagnostic::severity::error;
    errors += error ? 1 : 0;
    if (c.given.json) continue;
    c.err.line(neutralise(to_string(fault), sgr::strip));
    auto place = context.of(fault);
    if (place.empty()) continue;
    place.pop_back();  // line() ends it
    c.err.line(place);
  }
  if (c.given.json) print_json(c, file, loaded);
  if (!loaded.stack) {
    if (!c.given.json) {
      c.err.line(c.err.paint(colour::red, fmt::format("{}: invalid, {} error{}", file, errors,
                                                      errors == 1 ? "" : "s")));
    }
    return code(exit_code::invalid_configuration);
  }
  const auto count = loaded.stack->services.size();
  c.say(fmt::format("{}: valid, {} service{}", file, count, count == 1 ? "" : "s"));
  return 0;
}

}  // namespace aurora::ctl

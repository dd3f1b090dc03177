#include "faults.hpp"

#include <fmt/format.h>

#include <aurora/disk_source.hpp>

#include "text.hpp"

namespace aurora::ctl {

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

std::size_t tell_faults(context& c, const std::string& file, const load_result& loaded) {
  disk_source disk;
  fault_context context(file, disk);
  std::size_t errors = 0;
  for (const auto& fault : loaded.faults) {
    errors += fault.level == diagnostic::severity::error ? 1 : 0;
    if (c.given.json) continue;
    c.err.line(neutralise(to_string(fault), sgr::strip));
    auto place = context.of(fault);
    if (place.empty()) continue;
    place.pop_back();  // line() ends it
    c.err.line(place);
  }
  return errors;
}

int tell_invalid(context& c, const std::string& file, std::size_t errors) {
  if (!c.given.json) {
    c.err.line(c.err.paint(
        colour::red, fmt::format("{}: invalid, {} error{}", file, errors, errors == 1 ? "" : "s")));
  }
  return code(exit_code::invalid_configuration);
}

}  // namespace aurora::ctl

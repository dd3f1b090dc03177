#include <fmt/format.h>

#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>

#include "context.hpp"
#include "faults.hpp"
#include "handlers.hpp"
#include "places.hpp"

namespace aurora::ctl {
namespace {

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
  const auto errors = tell_faults(c, file, loaded);
  if (c.given.json) print_json(c, file, loaded);
  if (!loaded.stack) return tell_invalid(c, file, errors);
  const auto count = loaded.stack->services.size();
  c.say(fmt::format("{}: valid, {} service{}", file, count, count == 1 ? "" : "s"));
  return 0;
}

}  // namespace aurora::ctl

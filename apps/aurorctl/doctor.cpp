#include <fmt/format.h>

#include <algorithm>

#include <aurora/checks.hpp>
#include <aurora/config.hpp>
#include <aurora/daemon.hpp>
#include <aurora/disk_source.hpp>

#include "context.hpp"
#include "faults.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

struct mark {
  std::string_view glyph, ascii;
  colour tint;
};

mark mark_of(verdict how) {
  switch (how) {
    case verdict::ok:
      return {"✓", "=", colour::green};
    case verdict::warn:
      return {"▲", "~", colour::yellow};
    case verdict::fail:
      break;
  }
  return {"✗", "!", colour::red};
}

/// The services that are meant; "web@2" means "web". Throws `failure` (no such service).
std::vector<std::string> known_services(const stack_spec& stack,
                                        const std::vector<std::string>& names) {
  std::vector<std::string> all, chosen;
  for (const auto& service : stack.services) all.push_back(service.name);
  for (const auto& name : names) {
    const auto service = name.substr(0, name.find('@'));
    if (std::find(all.begin(), all.end(), service) == all.end()) {
      throw failure(exit_code::no_such_service, "there is no service \"" + name + "\"",
                    did_you_mean(name, all, "`aurorctl validate` counts those there are"));
    }
    chosen.push_back(service);
  }
  return chosen;
}

std::size_t count(const std::vector<finding>& found, verdict how) {
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [&](const auto& each) { return each.how == how; }));
}

void print(terminal& out, const finding& each, std::size_t widest) {
  const auto look = mark_of(each.how);
  const auto word =
      fmt::format("{} {:4}", out.unicode() ? look.glyph : look.ascii, to_string(each.how));
  const std::string about = each.service.empty() ? std::string() : each.service + ": ";
  out.line(out.paint(look.tint, word) + "  " + pad(each.check, widest) + "  " +
           neutralise(about + each.text, sgr::strip));
  if (!each.fix.empty())
    out.line("        " + out.paint(colour::dim, "fix:") + " " + neutralise(each.fix, sgr::strip));
}

void print(context& c, const std::vector<finding>& found) {
  std::size_t widest = 0;
  for (const auto& each : found) widest = std::max(widest, each.check.size());
  for (const auto& each : found)
    if (!c.given.quiet || each.how != verdict::ok) print(c.out, each, widest);
  c.say(fmt::format("{} ok, {} to be warned of, {} failed", count(found, verdict::ok),
                    count(found, verdict::warn), count(found, verdict::fail)));
}

json::value as_json(const finding& each) {
  json::object result{{"check", each.check}, {"service", nullptr}};
  if (!each.service.empty()) result["service"] = each.service;
  result["result"] = to_string(each.how);
  result["text"] = each.text;
  result["fix"] = nullptr;
  if (!each.fix.empty()) result["fix"] = each.fix;
  return result;
}

void print_json(context& c, const std::string& file, const load_result& loaded,
                const std::string& state_dir, const std::vector<finding>& found) {
  json::object result{{"config", file}, {"valid", loaded.stack.has_value()}};
  result["state_dir"] = nullptr;
  if (loaded.stack) result["state_dir"] = state_dir;
  json::array faults, checks;
  for (const auto& fault : loaded.faults) faults.push_back(fault_json(fault));
  for (const auto& each : found) checks.push_back(as_json(each));
  result["faults"] = std::move(faults);
  result["ok"] = count(found, verdict::ok);
  result["warnings"] = count(found, verdict::warn);
  result["failures"] = count(found, verdict::fail);
  result["checks"] = std::move(checks);
  c.out.line(to_text(result));
}

}  // namespace

int verb_doctor(context& c) {
  if (c.given.host)
    throw failure(exit_code::usage, "doctor looks at this machine, not at '" + *c.given.host + "'",
                  "run it there, without --host");
  const auto file = require_config(c.given);
  disk_source disk;
  const load_result loaded = load_config(file, disk);
  const auto errors = tell_faults(c, file, loaded);
  if (!loaded.stack) {
    if (c.given.json) print_json(c, file, loaded, {}, {});
    return tell_invalid(c, file, errors);
  }
  check_scope scope;
  scope.state_dir =
      aurora::find_state_dir(c.given.state_dir.value_or(""), loaded.stack->state_dir, file);
  scope.files = loaded.files;
  scope.services = known_services(*loaded.stack, c.given.operands);
  const auto found = check_machine(*loaded.stack, scope);
  if (c.given.json) {
    print_json(c, file, loaded, scope.state_dir, found);
  } else {
    print(c, found);
  }
  return count(found, verdict::fail) == 0 ? 0 : code(exit_code::failed);
}

}  // namespace aurora::ctl

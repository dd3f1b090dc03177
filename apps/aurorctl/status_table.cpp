#include "status_table.hpp"

#include <fmt/format.h>

#include "describe.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

std::string optional_text(const auto& value, auto shape) {
  return value ? shape(*value) : std::string("-");
}

colour health_colour(std::string_view health) {
  if (health == "healthy") return colour::green;
  return health == "unhealthy" ? colour::red : colour::none;
}

std::vector<cell> row_of(const terminal& out, const service_view& s, const status_view& all) {
  const auto mark = mark_of(s.state);
  const std::string glyph(out.unicode() ? mark.glyph : mark.ascii);
  const auto number = [](auto n) { return fmt::format("{}", n); };
  return {{neutralise(s.name, sgr::strip)},
          {glyph + " " + s.state, mark.tint},
          {s.health == "none" || s.health.empty() ? "-" : s.health, health_colour(s.health)},
          {optional_text(s.pid, number)},
          {optional_text(s.port, number)},
          {optional_text(s.uptime, human)},
          {number(s.restarts), s.restarts > 0 ? colour::yellow : colour::none},
          {optional_text(s.cpu_percent, [](double p) { return fmt::format("{:.1f}%", p); })},
          {optional_text(s.memory_bytes, human_bytes)},
          {neutralise(note_of(s, all), sgr::strip)}};
}

}  // namespace

table status_table(const terminal& out, const status_view& all,
                   const std::vector<const service_view*>& chosen) {
  table t({{"NAME", align::left, 0, 12},
           {"STATE", align::left, 0},
           {"HEALTH", align::left, 2},
           {"PID", align::right, 5},
           {"PORT", align::right, 6},
           {"UPTIME", align::right, 3},
           {"RESTARTS", align::right, 4},
           {"CPU", align::right, 8},
           {"MEM", align::right, 7},
           {"REASON", align::left, 1, 10}});
  for (const auto* s : chosen) t.add(row_of(out, *s, all));
  return t;
}

std::string daemon_line(const terminal& out, const daemon_view& d) {
  std::string text =
      out.paint(colour::bold, d.name.empty() ? "aurora" : neutralise(d.name, sgr::strip));
  text += "  aurorad " + d.version;
  if (d.pid) text += fmt::format("  pid {}", *d.pid);
  if (d.uptime) text += "  up " + human(*d.uptime);
  if (!d.http.empty() && d.http != "off") text += "  " + d.http;
  return text;
}

}  // namespace aurora::ctl

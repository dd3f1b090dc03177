#include "why_text.hpp"

#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

std::string clean(const std::string& text) { return neutralise(text, sgr::strip); }

using text_lines = std::vector<std::string>;

void heading(const terminal& out, text_lines& to, std::string_view text) {
  to.emplace_back();
  to.push_back(out.paint(colour::bold, text));
}

void add_cause(const terminal& out, text_lines& to, const json::value& cause, wall_time now) {
  const auto at = parse_timestamp(text_of(cause, "at"));
  std::string when(12, ' ');
  std::string ago;
  if (at) {
    when = local_clock(*at, now);
    ago = human(std::max(now - *at, std::chrono::milliseconds(0))) + " ago";
  }
  to.push_back("  " + when + "  " + out.paint(colour::dim, pad(ago, 11)) + "  " +
               clean(text_of(cause, "text")));
  for (const auto& line : texts_of(cause, "detail")) {
    to.push_back(std::string(when.size() + 17, ' ') + out.paint(colour::dim, clean(line)));
  }
}

}  // namespace

std::vector<std::string> explanation_lines(const terminal& out, const json::value& e,
                                           wall_time now) {
  text_lines to;
  const std::string name = text_of(e, "instance");
  to.push_back(out.paint(colour::bold, clean(name)) + "  " + shown_state(out, text_of(e, "state")));
  if (const auto summary = text_of(e, "summary"); !summary.empty()) to.push_back(clean(summary));
  if (!list_of(e, "chain").empty()) heading(out, to, "What happened");
  for (const auto& cause : list_of(e, "chain")) add_cause(out, to, cause, now);
  if (const auto missing = texts_of(e, "waits_for"); !missing.empty()) {
    heading(out, to, "What it waits for");
    for (const auto& line : missing) to.push_back("  " + clean(line));
  }
  if (const auto lines = texts_of(e, "last_lines"); !lines.empty()) {
    heading(out, to, "What it printed last");
    const std::string bar(out.unicode() ? "│ " : "| ");
    for (const auto& line : lines) {
      to.push_back("  " + out.paint(colour::dim, bar) +
                   neutralise(line, out.coloured() ? sgr::keep : sgr::strip));
    }
  }
  if (const auto rule = text_of(e, "rule"); !rule.empty()) {
    heading(out, to, "The rule that applies");
    to.push_back("  " + clean(rule));
  }
  if (const auto next = text_of(e, "next"); !next.empty()) {
    heading(out, to, "What happens next");
    to.push_back("  " + clean(next));
  }
  return to;
}

std::string why_target(const std::string& name) {
  return "/api/v1/services/" + url_encode(name) + "/why";
}

}  // namespace aurora::ctl

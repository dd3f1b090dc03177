#include <fmt/format.h>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

std::string clean(const std::string& text) { return neutralise(text, sgr::strip); }

void heading(terminal& out, std::string_view text) {
  out.line("");
  out.line(out.paint(colour::bold, text));
}

void print_cause(terminal& out, const json::value& cause, wall_time now) {
  const auto at = parse_timestamp(text_of(cause, "at"));
  std::string when(12, ' ');
  std::string ago;
  if (at) {
    when = local_clock(*at, now);
    ago = human(std::max(now - *at, std::chrono::milliseconds(0))) + " ago";
  }
  out.line("  " + when + "  " + out.paint(colour::dim, pad(ago, 11)) + "  " +
           clean(text_of(cause, "text")));
  for (const auto& line : texts_of(cause, "detail")) {
    out.line(std::string(when.size() + 17, ' ') + out.paint(colour::dim, clean(line)));
  }
}

void print_explanation(terminal& out, const json::value& e, wall_time now) {
  const std::string name = text_of(e, "instance");
  out.line(out.paint(colour::bold, clean(name)) + "  " + shown_state(out, text_of(e, "state")));
  if (const auto summary = text_of(e, "summary"); !summary.empty()) out.line(clean(summary));
  if (!list_of(e, "chain").empty()) heading(out, "What happened");
  for (const auto& cause : list_of(e, "chain")) print_cause(out, cause, now);
  if (const auto missing = texts_of(e, "waits_for"); !missing.empty()) {
    heading(out, "What it waits for");
    for (const auto& line : missing) out.line("  " + clean(line));
  }
  if (const auto lines = texts_of(e, "last_lines"); !lines.empty()) {
    heading(out, "What it printed last");
    const std::string bar(out.unicode() ? "│ " : "| ");
    for (const auto& line : lines) {
      out.line("  " + out.paint(colour::dim, bar) +
               neutralise(line, out.coloured() ? sgr::keep : sgr::strip));
    }
  }
  if (const auto rule = text_of(e, "rule"); !rule.empty()) {
    heading(out, "The rule that applies");
    out.line("  " + clean(rule));
  }
  if (const auto next = text_of(e, "next"); !next.empty()) {
    heading(out, "What happens next");
    out.line("  " + clean(next));
  }
}

asio::awaitable<int> why(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto answer =
      co_await api.get_json("/api/v1/services/" + url_encode(c.given.operands.front()) + "/why");
  if (c.given.json) {
    c.out.line(to_text(answer));
    co_return 0;
  }
  bool first = true;
  for (const auto& explanation : list_of(answer, "explanations")) {
    if (!first) c.out.line("");
    first = false;
    print_explanation(c.out, explanation, wall_now());
  }
  co_return 0;
}

}  // namespace

int verb_why(context& c) { return run_on(c.io, why(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

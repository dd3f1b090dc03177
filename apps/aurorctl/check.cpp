#include <fmt/format.h>

#include <algorithm>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

/// A probe may take its own timeout, and there may be many.
constexpr duration probes_take = std::chrono::seconds(60);

enum class verdict { well, none, ill };

verdict judge(const json::value& probe, bool named) {
  const json::value& healthy = child_of(probe, "healthy");
  const std::string state = text_of(probe, "state");
  const bool up = state == "running" || state == "completed";
  const bool at_rest = state == "stopped" || state == "completed";
  if (!named && at_rest) return verdict::none;
  if (healthy.is_bool()) return healthy.get_bool() ? verdict::well : verdict::ill;
  return up ? verdict::none : verdict::ill;
}

void print(terminal& out, const json::value& probe, verdict v, std::size_t name_width) {
  const bool probed = child_of(probe, "healthy").is_bool();
  const auto tint = v == verdict::ill    ? colour::red
                    : v == verdict::well ? colour::green
                                         : colour::dim;
  const std::string_view glyph = v == verdict::ill    ? (out.unicode() ? "✗" : "!")
                                 : v == verdict::well ? (out.unicode() ? "✓" : "=")
                                                      : "-";
  const std::string word = !probed             ? text_of(probe, "state")
                           : v == verdict::ill ? "unhealthy"
                                               : "healthy";
  std::string line = out.paint(tint, std::string(glyph)) + " " +
                     pad(neutralise(text_of(probe, "name"), sgr::strip), name_width) + "  " +
                     out.paint(tint, pad(word, 9));
  if (const auto text = text_of(probe, "text"); !text.empty()) {
    line += "  " + neutralise(text, sgr::strip);
  } else if (!probed) {
    line += "  no probe";
  }
  out.line(line);
}

asio::awaitable<int> check(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto patience = c.given.timeout.value_or(probes_take);
  const auto answer =
      co_await api.post_json("/api/v1/check", services_body(c.given.operands), patience);
  std::size_t widest = 0;
  for (const auto& probe : list_of(answer, "probes")) {
    widest = std::max(widest, display_width(text_of(probe, "name")));
  }
  bool ill = false;
  for (const auto& probe : list_of(answer, "probes")) {
    const auto v = judge(probe, !c.given.operands.empty());
    ill = ill || v == verdict::ill;
    if (!c.given.json && !c.given.quiet) print(c.out, probe, v, widest);
  }
  if (c.given.json) c.out.line(to_text(answer));
  co_return ill ? code(exit_code::not_running) : 0;
}

}  // namespace

int verb_check(context& c) { return run_on(c.io, check(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

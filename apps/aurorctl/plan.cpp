#include <fmt/format.h>

#include <algorithm>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "plan_view.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

/// Reading a configuration of the largest size allowed takes the daemon a while.
constexpr duration reading_takes = std::chrono::seconds(30);

colour tint_of(std::string_view action) {
  if (action == "add") return colour::green;
  if (action == "remove") return colour::red;
  return action == "restart" ? colour::yellow : colour::cyan;
}

std::string effect_of(const json::value& step, std::string_view action) {
  const auto count = [&](const char* key) {
    return static_cast<long>(number_of(step, key).value_or(0));
  };
  if (action == "scale") {
    return fmt::format("{} to {} instances", count("from_instances"), count("to_instances"));
  }
  const auto keys = texts_of(step, "keys");
  if (action == "update" && !keys.empty()) return "in place: " + enumerate(keys);
  return enumerate(keys);
}

asio::awaitable<int> plan(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto patience = c.given.timeout.value_or(reading_takes);
  const auto answer = co_await api.post_json("/api/v1/plan", "{}", patience);
  print_steps(c, answer);
  co_return 0;
}

}  // namespace

void print_steps(context& c, const json::value& answer) {
  if (c.given.json) {
    c.out.line(to_text(answer));
    return;
  }
  const auto& steps = list_of(answer, "steps");
  if (steps.empty()) c.say("nothing changes");
  std::size_t widest = 0;
  for (const auto& step : steps) widest = std::max(widest, display_width(text_of(step, "service")));
  for (const auto& step : steps) {
    const std::string action = text_of(step, "action");
    c.say(c.out.paint(tint_of(action), pad(action, 7)) + "  " +
          pad(neutralise(text_of(step, "service"), sgr::strip), widest) + "  " +
          neutralise(effect_of(step, action), sgr::strip));
  }
}

int verb_plan(context& c) { return run_on(c.io, plan(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

#include <fmt/format.h>

#include "client.hpp"
#include "context.hpp"
#include "feed.hpp"
#include "handlers.hpp"
#include "launch.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

/// The daemon tests the program before it answers.
constexpr auto test_takes = std::chrono::seconds(10);
constexpr auto between_looks = std::chrono::milliseconds(50);

asio::awaitable<daemon_view> look(client& api) {
  const auto answer = co_await api.get_json("/api/v1/status");
  co_return read_status(answer).daemon;
}

/// The reactor that went on, once it is settled which program it is of.
asio::awaitable<daemon_view> settled(context& c, client& api, std::int64_t before) {
  while (steady::now() < c.deadline()) {
    co_await pause(between_looks);
    if (!co_await daemon_answers(api)) continue;
    auto now = co_await look(api);
    if (now.pid != before && now.upgrade != "on_trial") co_return std::move(now);
  }
  throw failure(exit_code::timed_out,
                "timed out after " + human(c.given.timeout.value_or(duration())),
                "the upgrade goes on: see `aurorctl status`");
}

asio::awaitable<int> upgrade(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto before = co_await look(api);
  const auto begun = co_await api.post_json("/api/v1/upgrade", "{}", test_takes);
  const auto from = text_of(begun, "from"), to = text_of(begun, "to");
  if (c.given.has("no-wait")) {
    c.say(fmt::format("aurorad {} takes over from {}", to, from));
    if (c.given.json) c.out.line(to_text(begun));
    co_return 0;
  }
  const auto after = co_await settled(c, api, before.pid.value_or(0));
  if (after.upgrade == "gone_back") {
    throw failure(exit_code::failed,
                  fmt::format("aurorad {} did not stand its first seconds: {} goes on", to, from),
                  "see the daemon's log for its last words", after.warnings);
  }
  c.say(fmt::format("upgraded from {} to {}, pid {}; services run on", from, after.version,
                    after.pid.value_or(0)));
  if (c.given.json) c.out.line(to_text(begun));
  co_return 0;
}

}  // namespace

int verb_upgrade(context& c) { return run_on(c.io, upgrade(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

#include "feed.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include "failure.hpp"

namespace aurora::ctl {
namespace {

std::string subscription(const std::vector<std::string>& names) {
  json::array logs;
  for (const auto& name : names) logs.emplace_back(name);
  json::object what{{"logs", std::move(logs)}, {"lines", 0}};
  return to_text(json::object{{"subscribe", std::move(what)}});
}

}  // namespace

asio::awaitable<void> pause(duration span) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(span);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> feed::open() {
  co_await stream_.open();
  if (!logs_.empty()) co_await stream_.send(subscription(logs_));
}

asio::awaitable<void> feed::subscribe(const std::vector<std::string>& names) {
  logs_.insert(logs_.end(), names.begin(), names.end());
  co_await stream_.send(subscription(names));
}

asio::awaitable<bool> feed::reopen(duration patience) {
  const auto begun = steady::now();
  auto wait = std::chrono::milliseconds(20);
  while (steady::now() - begun < patience) {
    co_await pause(wait);
    wait = std::min(wait * 2, std::chrono::milliseconds(500));
    bool open_again = true;
    try {
      co_await open();
    } catch (const failure&) {
      open_again = false;
    }
    if (open_again) co_return true;
  }
  co_return false;
}

asio::awaitable<void> feed::run(duration patience) {
  co_await open();
  for (;;) {
    const auto message = co_await stream_.next();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    if (message) {
      hand_on(*message);
      continue;
    }
    to_.on_lost();
    if (!co_await reopen(patience)) co_return;
  }
}

void feed::hand_on(const json::value& message) {
  const std::string type = text_of(message, "type");
  if (type == "snapshot") {
    const auto sequence = number_of(message, "sequence").value_or(0);
    to_.on_snapshot(static_cast<std::uint64_t>(sequence), read_status(child_of(message, "status")));
  } else if (type == "status") {
    to_.on_service(read_service(child_of(message, "service")));
  } else if (type == "removed") {
    to_.on_removed(text_of(message, "name"));
  } else if (type == "subscribed") {
    to_.on_subscribed();
  } else if (type == "event") {
    to_.on_event(read_event(message));
    to_.on_raw_event(message);
  } else if (type == "log") {
    to_.on_log(read_log_line(message));
  } else if (type == "dropped") {
    to_.on_dropped(static_cast<std::uint64_t>(number_of(message, "lines").value_or(0)));
  }
}

asio::awaitable<void> run_if_possible(feed& what, duration patience) {
  try {
    co_await what.run(patience);
  } catch (const failure&) {
    // The work is watched, not done, through the feed.
  }
}

}  // namespace aurora::ctl

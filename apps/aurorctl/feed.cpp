#include "feed.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include "text.hpp"

namespace aurora::ctl {
namespace {

/// The daemon takes messages of 4 KiB: the names in one, with room for what stands around them.
constexpr std::size_t names_in_message = 3 * 1024;

std::string subscription(json::array names, json::object after) {
  json::object what{{"logs", std::move(names)}, {"lines", 0}};
  if (!after.empty()) what["after"] = std::move(after);
  return to_text(json::object{{"subscribe", std::move(what)}});
}

}  // namespace

asio::awaitable<void> pause(duration span) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(span);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> feed::open() {
  to_ask_.clear();
  asked_ = false;
  co_await stream_.open();
  want(logs_);
  for (auto& wish : to_.wishes()) to_ask_.push_back({std::move(wish)});
  co_await ask();
}

void feed::want(const std::vector<std::string>& names) {
  json::array some;
  json::object after;
  std::size_t bytes = 0;
  const auto finish = [&] {
    to_ask_.push_back({subscription(std::exchange(some, {}), std::exchange(after, {}))});
    bytes = 0;
  };
  for (const auto& name : names) {
    const auto left = to_.left_at(name);
    const std::size_t more = name.size() + 3 + (left ? name.size() + 24 : 0);
    if (!some.empty() && bytes + more > names_in_message) finish();
    bytes += more;
    some.emplace_back(name);
    if (left) after[name] = *left;
  }
  if (!some.empty()) finish();
}

/// Sends the next subscription, unless one is under way. Two coroutines come here, and a WebSocket
/// bears one writer at a time.
asio::awaitable<void> feed::ask() {
  if (sending_) co_return;
  sending_ = true;
  while (!asked_ && !to_ask_.empty()) {
    request next = std::move(to_ask_.front());
    to_ask_.pop_front();
    asked_ = next.answered;
    co_await stream_.send(std::move(next.text));
  }
  sending_ = false;
}

asio::awaitable<void> feed::subscribe(std::vector<std::string> names) {
  logs_.insert(logs_.end(), names.begin(), names.end());
  want(names);
  co_await ask();
}
asio::awaitable<void> feed::say(std::string message, bool answered) {
  to_ask_.push_back({std::move(message), answered});
  co_await ask();
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
      co_await ask();
      continue;
    }
    to_.on_lost();
    if (!co_await reopen(patience)) co_return;
  }
}

void feed::note_answer(const json::value& message) {
  asked_ = false;
  if (text_of(message, "type") == "error") {
    const std::string detail = text_of(message, "detail");
    to_.on_refused({exit_code::failed,
                    "the daemon refused a subscription: " + text_of(message, "title") +
                        (detail.empty() ? "" : ": " + detail),
                    text_of(message, "hint")});
  } else if (const auto unknown = texts_of(message, "unknown"); !unknown.empty()) {
    to_.on_refused({exit_code::no_such_service,
                    "no output comes from " + enumerate(unknown) + ": not configured any more"});
  }
  // Before the last answer the catching up would miss what is not subscribed to yet.
  if (to_ask_.empty()) to_.on_subscribed();
}

void feed::hand_on(const json::value& message) {
  const std::string type = text_of(message, "type");
  if (type == "snapshot") {
    const auto sequence = number_of(message, "sequence").value_or(0);
    const auto status = read_status(child_of(message, "status"));
    status.keep_known(logs_);  // what the daemon came back without is not asked for again
    to_.on_snapshot(static_cast<std::uint64_t>(sequence), status);
  } else if (type == "status") {
    to_.on_service(read_service(child_of(message, "service")));
  } else if (type == "removed") {
    std::erase(logs_, text_of(message, "name"));
    to_.on_removed(text_of(message, "name"));
  } else if (type == "subscribed" || type == "error") {
    note_answer(message);
  } else if (type == "event") {
    to_.on_event(read_event(message));
    to_.on_raw_event(message);
  } else if (type == "usage") {
    to_.on_usage(read_usage(message));
  } else if (type == "batch") {
    for (const auto& each : list_of(message, "messages")) hand_on(each);
  } else if (type == "log") {
    to_.on_log(read_log_line(message));
  } else if (type == "dropped") {
    if (const auto bytes = number_of(message, "bytes"))
      to_.on_missing(text_of(message, "name"), static_cast<std::uint64_t>(*bytes));
    if (const auto lines = number_of(message, "lines"))
      to_.on_dropped(static_cast<std::uint64_t>(*lines));
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

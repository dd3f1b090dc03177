#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"
#include "stream.hpp"
#include "tasks.hpp"

namespace aurora::ctl {

/// Who hears what the stream tells. Called from the loop.
struct listener {
  virtual ~listener() = default;
  virtual void on_snapshot(std::uint64_t /*sequence*/, const status_view& /*status*/) {}
  virtual void on_service(const service_view& /*service*/) {}
  virtual void on_removed(const std::string& /*name*/) {}
  /// All that was subscribed to is: log lines written from here on come by `on_log`.
  virtual void on_subscribed() {}
  /// The daemon did not do what the stream was asked for, or not all of it.
  virtual void on_refused(const failure& /*why*/) {}
  virtual void on_event(const event_view& /*event*/) {}
  virtual void on_raw_event(const json::value& /*event*/) {}  ///< the same as it came
  virtual void on_log(const log_line& /*line*/) {}
  virtual void on_dropped(std::uint64_t /*lines*/) {}  ///< the daemon left lines out: we were slow
  /// The files go back no more to where that log was left.
  virtual void on_missing(const std::string& /*name*/, std::uint64_t /*bytes*/) {}
  /// Where that log is to go on in a new connection; none: with what is written from then on.
  virtual std::optional<std::uint64_t> left_at(const std::string& /*name*/) { return std::nullopt; }
  virtual void on_usage(const std::vector<usage_view>& /*usage*/) {}
  /// What else the stream is asked for after each connecting, as messages; each is answered.
  virtual std::vector<std::string> wishes() { return {}; }
  virtual void on_lost() {}  ///< it is tried to come back
};

/// Reads the stream for a listener and comes back when the daemon does.
class feed {
 public:
  /// logs: whose output is subscribed to after each connecting, from where it was left or without
  /// history; empty: nobody's.
  feed(asio::any_io_executor executor, endpoint where, listener& to,
       std::vector<std::string> logs = {})
      : stream_(executor, std::move(where)), to_(to), logs_(std::move(logs)) {}

  /// Until cancelled, or until the daemon is gone for `patience`. Throws `failure` only when the
  /// very first connecting fails.
  asio::awaitable<void> run(duration patience);

  /// Also the logs of these; kept for the next connecting too, until the daemon says that they are
  /// gone.
  asio::awaitable<void> subscribe(std::vector<std::string> names);
  /// Sends a message in this connection only. `answered`: a subscription, which nothing else is.
  asio::awaitable<void> say(std::string message, bool answered);

 private:
  struct request {
    std::string text;
    bool answered = true;
  };
  asio::awaitable<bool> reopen(duration patience);
  asio::awaitable<void> open();
  asio::awaitable<void> ask();
  void want(const std::vector<std::string>& names);
  void hand_on(const json::value& message);
  void note_answer(const json::value& message);
  stream stream_;
  listener& to_;
  std::vector<std::string> logs_;
  std::deque<request> to_ask_;  ///< one at a time, as far as they are answered
  bool asked_ = false;          ///< the answer to one is still to come
  bool sending_ = false;
};

/// Runs a feed whose loss only costs beauty: a `failure` to connect is swallowed.
asio::awaitable<void> run_if_possible(feed& what, duration patience);

/// Waits; cancellation throws.
asio::awaitable<void> pause(duration span);

constexpr duration forever = std::chrono::hours(24 * 365);

}  // namespace aurora::ctl

#pragma once

#include <exception>
#include <functional>
#include <list>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

namespace aurora::reactor {

/// Awaits with errors as values: `auto [ec, n] = co_await stream.async_read_some(buffer, tok)`.
inline constexpr auto tok = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Owns coroutines: whoever starts one here joins it here. Declare it as the last member; the order
/// of an end is request_stop, join, destroy. An exception that leaves a task is a bug and is thrown
/// out of `io_context::run()`; only operation_aborted after a stop is expected.
class task_scope {
 public:
  explicit task_scope(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)),
        idle_(executor_, boost::asio::steady_timer::time_point::max()) {}
  ~task_scope() { BOOST_ASSERT_MSG(live_.empty(), "a task outlives its scope"); }
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;

  /// Starts a task; returns the signal that cancels just this one (valid while the task lives).
  boost::asio::cancellation_signal& spawn(boost::asio::awaitable<void> task) {
    auto it = live_.emplace(live_.end());
    boost::asio::co_spawn(
        executor_, std::move(task),
        boost::asio::bind_cancellation_slot(
            it->slot(), [this, it](std::exception_ptr error) { finished(it, error); }));
    return *it;
  }

  void request_stop() {
    for (auto it = live_.begin(); it != live_.end();)
      (it++)->emit(boost::asio::cancellation_type::terminal);
  }

  /// Until no task is left. Also after cancellation of the caller: joining is a duty.
  boost::asio::awaitable<void> join() {
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    while (!live_.empty()) co_await idle_.async_wait(tok);
  }

  std::size_t size() const { return live_.size(); }
  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  using signals = std::list<boost::asio::cancellation_signal>;

  void finished(signals::iterator it, const std::exception_ptr& error) {
    live_.erase(it);
    if (live_.empty()) idle_.cancel();
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& fault) {
      if (fault.code() != boost::asio::error::operation_aborted) throw;
    }
  }

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer idle_;
  signals live_;
};

}  // namespace aurora::reactor

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <list>
#include <optional>
#include <utility>

namespace aurora::ctl {

namespace asio = boost::asio;

using steady = std::chrono::steady_clock;

/// Something that happens once; one coroutine at a time may wait for it.
class latch {
 public:
  explicit latch(asio::any_io_executor executor) : timer_(std::move(executor)) {}
  void set() {
    set_ = true;
    timer_.cancel();
  }
  bool is_set() const { return set_; }
  /// Makes it ready for another round.
  void clear() { set_ = false; }
  /// True: it happened. False: `until` came first. Throws when cancelled.
  asio::awaitable<bool> wait(steady::time_point until = steady::time_point::max());

 private:
  asio::steady_timer timer_;
  bool set_ = false;
};

/// The coroutines that work beside a verb's own. The owner stops them before it leaves; what one of
/// them throws comes out of `stop`, after `faulted` was set.
class tasks {
 public:
  explicit tasks(asio::any_io_executor executor) : executor_(executor), idle_(executor) {}
  tasks(const tasks&) = delete;
  tasks& operator=(const tasks&) = delete;

  /// `on_fault` (may be null) is set when a task throws, so that the owner wakes up.
  void wake_on_fault(latch* on_fault) { on_fault_ = on_fault; }
  void start(asio::awaitable<void> work);
  bool faulted() const { return fault_ != nullptr; }
  /// Cancels all (terminal), waits until none is left, then throws the first fault.
  asio::awaitable<void> stop();

 private:
  asio::any_io_executor executor_;
  latch idle_;
  std::list<asio::cancellation_signal> live_;
  std::exception_ptr fault_;
  latch* on_fault_ = nullptr;
};

/// Runs `body`, then stops `beside` whether it returned or threw.
asio::awaitable<int> with(tasks& beside, asio::awaitable<int> body);

/// Runs a coroutine to its end on a context of its own and returns what it returned.
template <class T>
T run_on(asio::io_context& io, asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr fault;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
    fault = error;
    result = std::move(value);
    io.stop();
  });
  io.run();
  if (fault) std::rethrow_exception(fault);
  return std::move(*result);
}

}  // namespace aurora::ctl

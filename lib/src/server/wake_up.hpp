#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/task_scope.hpp"

namespace aurora::server {

/// Lets one coroutine sleep until there is something for it. Set before it waits: it does not
/// sleep; set many times: it wakes once.
class wake_up {
 public:
  explicit wake_up(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  void set() {
    set_ = true;
    timer_.cancel();
  }

  /// Cancellation: throws operation_aborted, as every await of a cancelled coroutine does.
  boost::asio::awaitable<void> wait() {
    while (!set_) co_await timer_.async_wait(reactor::tok);
    set_ = false;
  }

 private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

}  // namespace aurora::server

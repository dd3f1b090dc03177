#pragma once

#include <signal.h>

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aurora::reactor {

/// The one place for work that may block (fsync, file reading, compression): a few threads that
/// sleep when there is none. They are made at once: when the system is out of processes, the state
/// is to be saved all the same. They take no signals, those belong to the loop.
class worker_pool {
 public:
  /// Throws boost::system::system_error where the threads cannot be made.
  explicit worker_pool(std::size_t threads = 2) : pool_(made_without_signals(threads)) {}

  boost::asio::thread_pool::executor_type executor() { return pool_->get_executor(); }

  /// Runs `work` on a worker, then `then` on `back`. `work` must not touch what the loop owns.
  template <class Work, class Then>
  void run(boost::asio::any_io_executor back, Work work, Then then) {
    boost::asio::post(executor(), [back, work = std::move(work), then = std::move(then)]() mutable {
      auto result = work();
      boost::asio::post(back, [then = std::move(then), result = std::move(result)]() mutable {
        then(std::move(result));
      });
    });
  }

  void join() { pool_->join(); }

 private:
  static std::unique_ptr<boost::asio::thread_pool> made_without_signals(std::size_t threads) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto pool = std::make_unique<boost::asio::thread_pool>(threads);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return pool;
  }

  std::unique_ptr<boost::asio::thread_pool> pool_;
};

}  // namespace aurora::reactor

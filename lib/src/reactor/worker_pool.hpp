#pragma once

#include <signal.h>

#include <functional>
#include <memory>
#include <thread>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
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

  /// Joins without holding up the caller: `then` runs on `back` when all that was asked for has
  /// ended, which a disk that does not answer can put off for ever. Call once; the destructor waits
  /// for it. Throws std::system_error where a thread cannot be made.
  template <class Then>
  void close(const boost::asio::any_io_executor& back, Then then) {
    const boost::asio::any_io_executor tracked =
        boost::asio::prefer(back, boost::asio::execution::outstanding_work.tracked);
    closing_ = without_signals([&] {
      return std::jthread([pool = pool_.get(), tracked, then = std::move(then)]() mutable {
        pool->join();
        boost::asio::post(tracked, std::move(then));
      });
    });
  }

 private:
  /// What `make` starts inherits a mask of all signals.
  template <class Make>
  static auto without_signals(Make make) {
    struct masked {
      sigset_t before;
      masked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
      }
      ~masked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    } const quiet;
    return make();
  }

  static std::unique_ptr<boost::asio::thread_pool> made_without_signals(std::size_t threads) {
    return without_signals([&] { return std::make_unique<boost::asio::thread_pool>(threads); });
  }

  std::unique_ptr<boost::asio::thread_pool> pool_;
  std::jthread closing_;  ///< after the pool: its end is waited for first
};

}  // namespace aurora::reactor

#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aurora::reactor {

/// The one place for work that may block (fsync, file reading, compression): a few threads that
/// sleep when there is none. They are made at once: when the system is out of processes, the state
/// is to be saved all the same. They take no signals, those belong to the loop.
///
/// Not asio::thread_pool, which hangs where the second of its threads cannot be made.
class worker_pool {
 public:
  /// Where fewer threads can be had, these do. Throws std::system_error where there is none.
  explicit worker_pool(std::size_t threads = 2) {
    const no_signals quiet;
    while (threads_.size() < threads && add_thread()) {
    }
  }
  ~worker_pool() { context_.stop(); }
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  boost::asio::any_io_executor executor() { return context_.get_executor(); }

  /// Nothing is taken on any more.
  bool is_closed() const { return !wanted_.owns_work(); }

  /// Runs `work` on a worker, then `then` on `back`. `work` must not touch what the loop owns.
  /// Once the pool is closed both are dropped: they would hold the loop for ever.
  template <class Work, class Then>
  void run(boost::asio::any_io_executor back, Work work, Then then) {
    if (is_closed()) return;
    boost::asio::post(executor(), [back, work = std::move(work), then = std::move(then)]() mutable {
      auto result = work();
      boost::asio::post(back, [then = std::move(then), result = std::move(result)]() mutable {
        then(std::move(result));
      });
    });
  }

  /// Until all that was asked for has ended.
  void join() {
    wanted_.reset();
    threads_.clear();
  }

  /// Joins without holding up the caller: `then` runs on `back` when all that was asked for has
  /// ended, which a disk that does not answer can put off for ever. Call once, and not `join`.
  template <class Then>
  void close(const boost::asio::any_io_executor& back, Then then) {
    const boost::asio::any_io_executor tracked =
        boost::asio::prefer(back, boost::asio::execution::outstanding_work.tracked);
    closed_ = [tracked, then = std::move(then)] { boost::asio::post(tracked, then); };
    wanted_.reset();
  }

 private:
  /// What is started meanwhile inherits a mask of all signals.
  struct no_signals {
    sigset_t before;
    no_signals() {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~no_signals() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    no_signals(const no_signals&) = delete;
    no_signals& operator=(const no_signals&) = delete;
  };

  bool add_thread() {
    ++running_;
    try {
      threads_.emplace_back([this] {
        context_.run();
        // Taken out: it counts as work of the loop for as long as it is there.
        if (--running_ == 0)
          if (const auto tell = std::exchange(closed_, {})) tell();
      });
    } catch (const std::system_error& fault) {
      --running_;
      if (threads_.empty()) throw std::system_error(fault.code(), "no thread can be made");
      return false;
    }
    return true;
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> wanted_{
      context_.get_executor()};
  std::atomic<std::size_t> running_ = 0;
  std::function<void()> closed_;
  std::vector<std::jthread> threads_;  ///< last: they use all the others
};

}  // namespace aurora::reactor

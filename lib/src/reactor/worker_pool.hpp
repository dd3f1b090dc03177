#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aurora::reactor {

/// The one place for work that may block (fsync, name resolution, compression): a few threads, made
/// when first needed, so that an idle daemon has one.
class worker_pool {
 public:
  explicit worker_pool(std::size_t threads = 2) : threads_(threads) {}

  boost::asio::thread_pool::executor_type executor() {
    if (!pool_) pool_ = std::make_unique<boost::asio::thread_pool>(threads_);
    return pool_->get_executor();
  }

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

  void join() {
    if (pool_) pool_->join();
  }

 private:
  std::size_t threads_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
};

}  // namespace aurora::reactor

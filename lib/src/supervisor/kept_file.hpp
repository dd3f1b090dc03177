#pragma once

#include <functional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/result.hpp>

#include "reactor/task_scope.hpp"
#include "reactor/worker_pool.hpp"

namespace aurora::shell {

/// A file that is to have the newest of what it was asked to have: written on a worker, one write
/// at a time and in the order asked for, and again and again while that fails.
class kept_file {
 public:
  using outcome = boost::system::result<void, std::string>;
  using writing = std::function<outcome()>;  ///< owns what it touches; on a worker
  /// told: how each write ended, in words; empty: well. On the loop.
  kept_file(boost::asio::any_io_executor executor, reactor::worker_pool& workers,
            std::function<void(const std::string&)> told);

  /// Takes the place of what waits.
  void save(writing next);
  /// What waits is tried once more; then nothing is under way.
  boost::asio::awaitable<void> close();

 private:
  boost::asio::awaitable<void> write();

  reactor::worker_pool& workers_;
  std::function<void(const std::string&)> told_;
  writing next_;
  bool writing_ = false;
  bool closing_ = false;
  boost::asio::steady_timer pause_;
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell

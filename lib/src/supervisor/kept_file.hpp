#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

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
  /// Until all that was asked for before was tried, well or not; false where `limit` has passed
  /// sooner, or the caller was cancelled: a disk that hangs holds nobody longer. Destroy the file
  /// after who waits.
  boost::asio::awaitable<bool> tried(std::chrono::steady_clock::duration limit);
  /// What waits is tried once more; then nothing is under way.
  boost::asio::awaitable<void> close();

 private:
  boost::asio::awaitable<void> write();

  reactor::worker_pool& workers_;
  std::function<void(const std::string&)> told_;
  writing next_;
  std::uint64_t asked_ = 0, tried_ = 0;  ///< writes, counted as they are asked for
  std::vector<boost::asio::steady_timer*> waiting_;
  bool writing_ = false;
  bool closing_ = false;
  boost::asio::steady_timer pause_;
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <vector>

#include "answers.hpp"
#include "tasks.hpp"

namespace aurora::ctl {

/// Waits for the end of the daemon's two processes by their pidfds: opened while they live, so that
/// a recycled pid is never mistaken for them.
class daemon_end {
 public:
  /// Over TCP the pids are another machine's: then nothing is opened and `wait` returns at once.
  daemon_end(asio::any_io_executor executor, const daemon_view& daemon, bool local);
  /// False: `until` came first.
  asio::awaitable<bool> wait(steady::time_point until);

 private:
  asio::any_io_executor executor_;
  std::vector<std::unique_ptr<asio::posix::stream_descriptor>> processes_;
};

}  // namespace aurora::ctl

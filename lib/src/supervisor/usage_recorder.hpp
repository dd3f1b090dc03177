#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <aurora/inspection.hpp>

#include "core/events.hpp"
#include "reactor/task_scope.hpp"
#include "reactor/worker_pool.hpp"

namespace aurora::shell {

/// What all services use, every few seconds, while somebody watches and a little longer; nothing
/// wakes the daemon where nobody does. Trees of processes are read on a worker.
class usage_recorder {
 public:
  /// A process to look at.
  struct subject {
    core::instance_id id{};
    core::run_number run = 0;
    std::string name;
    pid_t pid = 0;
    std::string cgroup;
    duration uptime{};
  };
  struct options {
    std::function<std::vector<subject>()> subjects;           ///< those that run, in name order
    std::function<void(const usage_moment&)> on_moment = {};  ///< while somebody watches
    duration step = std::chrono::seconds(5);
    duration linger = std::chrono::seconds(60);  ///< after the last one left
    duration kept = std::chrono::minutes(15);
  };
  usage_recorder(boost::asio::any_io_executor executor, reactor::worker_pool& workers, options how);

  /// Samples are taken for as long as the handle lives; the first at once, where none are taken
  /// yet. The handle is destroyed before the recorder.
  std::shared_ptr<void> watch();

  /// Of an instance, oldest first.
  std::vector<usage_sample> of(core::instance_id id) const;
  bool running() const { return running_; }

  boost::asio::awaitable<void> stop();

 private:
  struct row {
    core::instance_id id;
    float cpu_percent;  ///< less than 0: not known
    std::uint64_t memory_bytes;
  };
  struct moment {
    wall_time at;
    std::vector<row> rows;
  };
  struct reading {
    core::run_number run = 0;
    instant at{};
    duration cpu{};
  };
  bool wanted() const;
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> sample();
  std::optional<double> percent_of(const subject& who, duration cpu, instant now);

  reactor::worker_pool& workers_;
  options how_;
  boost::asio::steady_timer timer_;
  std::size_t watchers_ = 0;
  instant until_{};
  bool running_ = false;
  bool stopping_ = false;
  std::deque<moment> moments_;
  std::map<core::instance_id, reading> last_;
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell

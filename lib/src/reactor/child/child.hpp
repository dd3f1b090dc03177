#pragma once

#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <aurora/exit_status.hpp>

#include "reactor/child/launch.hpp"

namespace aurora::reactor {

/// One started program: the session and process group that it leads, and whatever descends from it.
/// Signals and waits through its pidfd only, so that a recycled pid is never hit. Destroying it
/// neither kills nor waits: the process lives on.
class child {
 public:
  /// Starts a program. Blocks for the time of a vfork and exec. The error tells phase, errno and
  /// path, and leaves no process behind.
  static boost::system::result<std::unique_ptr<child>, launch_error> launch(
      boost::asio::any_io_executor executor, const launch_spec& spec);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const;

  /// Until the main process ended; reaps it. One waiter at a time; honours terminal cancellation.
  boost::asio::awaitable<exit_status> wait();

  /// To the main process; nothing happens once it is reaped. False: it was not delivered.
  bool signal(int number);
  /// To the process group.
  bool signal_group(int number);
  /// To every process that descends from it, wherever it put itself.
  void signal_tree(int number);

  /// What still lives of the tree (also after the main process ended), zombies not counted.
  std::vector<pid_t> left_over() const;

  /// Until nothing of the tree is left. Honours terminal cancellation.
  boost::asio::awaitable<void> gone();

  /// The service said that this is its main process now (MAINPID=). False: it is not one of its
  /// own.
  bool adopt_main(pid_t pid);

 private:
  struct impl;
  explicit child(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

/// Runs a short command to its end (hooks, stop commands, exec probes): output kept up to
/// `most_output` bytes, killed as a tree when `limit` has passed or on terminal cancellation.
struct command_result {
  exit_status status;
  bool timed_out = false;
  std::optional<launch_error> not_started;
  std::string output;
  bool ok() const;
};
/// "exit code 1: last line of the output", "timed out after 10s", or the launch error.
std::string describe(const command_result& result);
boost::asio::awaitable<command_result> run_command(launch_spec spec, duration limit,
                                                   std::size_t most_output);

/// Reaps what is orphaned to this process: as subreaper or PID 1 only. Never takes the exit status
/// of a `child`. Owned by the program (aurorad), never by an embedding one.
class orphan_reaper {
 public:
  explicit orphan_reaper(boost::asio::any_io_executor executor);
  ~orphan_reaper();
  void start();
  void stop();
  std::uint64_t reaped() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Where cgroups for services can be made, once per process; empty: nowhere (then trees are
/// walked).
const std::string& cgroup_root();
/// Makes the cgroup of an instance with its limits; the directory, or empty where there is none.
std::string make_cgroup(const std::string& instance, const limits_spec& limits);
void remove_cgroup(const std::string& directory);

}  // namespace aurora::reactor

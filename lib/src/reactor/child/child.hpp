#pragma once

#include <aurora/exit_status.hpp>
#include <aurora/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

  /// Until the main process ended; reaps it. One waiter at a time. On terminal cancellation throws
  /// operation_aborted and takes no status: it can be asked again. Once ended it answers at once.
  /// `unknown` when a process named by MAINPID was not ours to reap.
  boost::asio::awaitable<exit_status> wait();

  /// To the main process; nothing happens once it is reaped. False: it was not delivered.
  bool signal(int number);
  /// To the process group; after its leader was reaped to what is left of it, never to a recycled
  /// number.
  bool signal_group(int number);
  /// To every process that descends from it, wherever it put itself. SIGKILL is repeated until
  /// nobody new turns up. Without a cgroup it finds descendants, and orphans by session or
  /// AURORA_RUN.
  void signal_tree(int number);

  /// What still lives of the tree (also after the main process ended), zombies not counted. Cheap
  /// where nothing is left, also when hundreds end in one turn.
  std::vector<pid_t> left_over() const;

  /// Until nothing of the tree lives. Zombies that came to this process are the orphan_reaper's. On
  /// terminal cancellation throws operation_aborted.
  boost::asio::awaitable<void> gone();

  /// The service said that this is its main process now (MAINPID=). False: it is not one of its
  /// own.
  bool adopt_main(pid_t pid);

 private:
  struct impl;
  explicit child(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

struct command_result {
  exit_status status;
  bool timed_out = false;
  duration limit{};  ///< that it was given
  std::optional<launch_error> not_started;
  std::string output;
  bool ok() const;
};
/// "exit code 1: last line of the output", "timed out after 10s", or the launch error.
std::string describe(const command_result& result);
/// Runs a short command to its end (hooks, stop commands, exec probes): stdout and stderr together
/// kept up to `most_output` bytes (the first ones; the rest is read and dropped), killed as a tree
/// when `limit` has passed or on terminal cancellation. Ends with the main process, not with the
/// end of its output: what it left running in the background is its own business. The descriptors
/// of `spec` are not used. Its AURORA_RUN gets a suffix, so that killing it never takes the
/// service's own processes along.
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
  std::shared_ptr<impl> impl_;  ///< shared with handlers that are still queued
};

/// Where cgroups for services can be made; empty: nowhere (then trees are walked). The first call
/// finds out, and where it can moves this process into a leaf beside them ("no internal processes",
/// cgroups(7)): for aurorad to call, and for no embedding program.
const std::string& cgroup_root();
/// Makes the cgroup of an instance with its limits; the directory, or empty where there is none.
/// Where one is there already, it is used again and its limits are set anew.
std::string make_cgroup(const std::string& instance, const limits_spec& limits);
/// Does nothing while processes are left in it: the next start uses it again.
void remove_cgroup(const std::string& directory);
/// What of the limits could not be had ("services.limits.cpu needs the cpu controller: ..."), each
/// told once a process; taking empties the list.
std::vector<std::string> take_cgroup_warnings();

}  // namespace aurora::reactor

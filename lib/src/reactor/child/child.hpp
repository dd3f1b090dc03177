#pragma once

#include <aurora/exit_status.hpp>
#include <aurora/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reactor/child/launch.hpp"

namespace aurora::reactor {

/// Knows how processes ended that are not children of this one. Used from the loop's thread only.
class exit_source {
 public:
  virtual ~exit_source() = default;
  /// Nothing: it has not ended, or nobody heard of it.
  virtual std::optional<exit_status> status_of(pid_t pid) const = 0;
  /// Whether it will hear of the end of that process, which lives or is a zombie.
  virtual bool hears_of(pid_t pid) const = 0;
  /// Until the end of a process is known; `unknown` where nobody will hear of it any more. On
  /// terminal cancellation throws operation_aborted.
  virtual boost::asio::awaitable<exit_status> ended(pid_t pid) = 0;
  /// The status has been written down.
  virtual void settled(pid_t pid) = 0;
};

/// A process by what makes a pid an identity within one boot.
struct process_identity {
  pid_t pid = 0;
  /// Clock ticks since boot, field 22 of /proc/PID/stat; 0: could not be read, the marker tells.
  std::uint64_t started = 0;
  friend bool operator==(const process_identity&, const process_identity&) = default;
};
/// Empty: there is no such process.
std::optional<process_identity> identity_of(pid_t pid);

/// What is left of a program that an earlier process launched.
struct adoption {
  process_identity leader;                ///< what was launched
  std::optional<process_identity> named;  ///< the main process, where MAINPID named another
  std::string marker;                     ///< its AURORA_RUN
  std::string cgroup;                     ///< its directory; empty: none
  exit_source* ends = nullptr;            ///< outlives the child; null: nobody knows
};

/// One started program: the session and process group that it leads, and whatever descends from it.
/// Signals and waits through its pidfd only, so that a recycled pid is never hit. Destroying it
/// neither kills nor waits: the process lives on.
class child {
 public:
  /// Starts a program. Blocks for the time of a vfork and exec. The error tells phase, errno and
  /// path, and leaves no process behind.
  static boost::system::result<std::unique_ptr<child>, launch_error> launch(
      boost::asio::any_io_executor executor, const launch_spec& spec);
  /// Goes on with a program that an earlier process launched: the same processes and no others,
  /// whatever their numbers are used for by now. Where its main process is gone, `wait` tells so at
  /// once, with the status where `ends` has it, else as `unattended`. Throws
  /// boost::system::system_error where it cannot be told whether it is gone.
  static std::unique_ptr<child> adopt(boost::asio::any_io_executor executor, const adoption& from);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const;
  /// Of what was launched; it stays that after MAINPID.
  pid_t leader() const;

  /// Of the main process, borrowed; -1 once that is reaped.
  int pidfd() const;

  /// To be called with the status of the main process before it is reaped: whoever dies right after
  /// can have it written down by then.
  void before_reaping(std::function<void(const exit_status&)> note);
  /// The end that `wait` told is written down.
  void settle();

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

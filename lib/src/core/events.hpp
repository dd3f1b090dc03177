#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <aurora/exit_status.hpp>
#include <aurora/spec.hpp>
#include <aurora/status.hpp>
#include <aurora/time.hpp>

/// What the engine is told (events) and what it asks for (commands).
namespace aurora::core {

/// An instance's number within one engine; never used again after the instance is removed.
enum class instance_id : std::uint32_t {};

/// Counts the started processes of an instance; only grows. Results of an older run are ignored.
using run_number = std::uint64_t;

using targets = std::vector<instance_id>;

enum class hook_kind { pre_start, post_start, pre_stop, post_stop };

namespace event {

/// The operator wants these up; their required dependencies are pulled up with them. A failed one
/// gets its restart count back.
struct start {
  targets who;
};
/// The operator wants these down; kept across restarts of the daemon. Dependants stay as they are.
struct stop {
  targets who;
};
/// Down and up again, with those dependants that say `"restart": true`. A stopped one is started.
struct restart {
  targets who;
};
/// The whole stack down, in order. What is desired is not changed.
struct shutdown {};
/// Do not wait any more: SIGKILL to everything that is left.
struct kill_all {};

struct spawned {
  instance_id id;
  run_number run;
  int pid;
};
enum class spawn_fault { permanent, transient };
struct spawn_failed {
  instance_id id;
  run_number run;
  spawn_fault fault;
  std::string text;  ///< phase, path and errno in words
};
/// The service said that it is ready (notify, log line, descriptor).
struct signalled_ready {
  instance_id id;
  run_number run;
};
struct probe_result {
  instance_id id;
  run_number run;
  bool healthy;
  std::string text;  ///< "HTTP 503", "connection refused", "exit code 1: …"
};
/// The main process ended and was reaped; its output is in the log.
struct main_exited {
  instance_id id;
  run_number run;
  exit_status status;
  unsigned left_over = 0;  ///< descendants that still live; 0: the tree is gone
};
/// After `left_over`: the last of them is gone.
struct tree_gone {
  instance_id id;
  run_number run;
};
struct hook_done {
  instance_id id;
  run_number run;
  hook_kind hook;
  bool ok;
  std::string text;
};
struct stop_command_done {
  instance_id id;
  run_number run;
  bool ok;
  std::string text;
};
/// sd_notify(3): STOPPING=1.
struct notify_stopping {
  instance_id id;
  run_number run;
};
/// sd_notify(3): STATUS=…
struct notify_status {
  instance_id id;
  run_number run;
  std::string text;
};
/// sd_notify(3): WATCHDOG_USEC=…; from now on a ping is due in each such span.
struct watchdog_armed {
  instance_id id;
  run_number run;
  duration within;
};
struct watchdog_ping {
  instance_id id;
  run_number run;
};
/// sd_notify(3): WATCHDOG=trigger.
struct watchdog_triggered {
  instance_id id;
  run_number run;
};
/// sd_notify(3): EXTEND_TIMEOUT_USEC=…; the running start or stop timeout ends no earlier than this
/// from now.
struct extend_timeout {
  instance_id id;
  run_number run;
  duration by;
};
/// sd_notify(3): MAINPID=…; the shell has made sure that it is one of the service's own.
struct main_pid_changed {
  instance_id id;
  run_number run;
  int pid;
};
struct files_changed {
  instance_id id;
  std::string path;
};
/// `next_deadline()` has come (early and late ones are harmless).
struct tick {};

}  // namespace event

using engine_event =
    std::variant<event::start, event::stop, event::restart, event::shutdown, event::kill_all,
                 event::spawned, event::spawn_failed, event::signalled_ready, event::probe_result,
                 event::main_exited, event::tree_gone, event::hook_done, event::stop_command_done,
                 event::notify_stopping, event::notify_status, event::watchdog_armed,
                 event::watchdog_ping, event::watchdog_triggered, event::extend_timeout,
                 event::main_pid_changed, event::files_changed, event::tick>;

namespace command {

/// Start the program; answer with `spawned` or `spawn_failed`.
struct spawn {
  instance_id id;
  run_number run;
};
/// Send `signal` to the main process, or to its process group, or to every descendant wherever it
/// is.
enum class reach { main, group, tree };
struct send_signal {
  instance_id id;
  run_number run;
  int signal;
  reach to;
};
/// SIGKILL to all that is left of this run; `tree_gone` (or `main_exited`) follows.
struct kill_tree {
  instance_id id;
  run_number run;
};
/// Probe once; answer with `probe_result`. Never asked while one is in flight.
struct probe {
  instance_id id;
  run_number run;
};
/// Give up the probe in flight, if there is one; no answer follows.
struct cancel_probe {
  instance_id id;
  run_number run;
};
struct run_hook {
  instance_id id;
  run_number run;
  hook_kind hook;
};
struct run_stop_command {
  instance_id id;
  run_number run;
};
/// Forget what belongs to a run (notify socket, watch on readiness); the run is over.
struct end_run {
  instance_id id;
  run_number run;
};
/// A transition, for the journal (`sequence` and `at` are not set yet).
struct record {
  journal_entry entry;
};
/// The operator changed what is wanted: store `desired()`.
struct save_desired {};
/// The instance is gone from the configuration and nothing of it runs.
struct forget {
  instance_id id;
};
/// The stack is down after `shutdown`, or after a critical service gave up (then `code` is its exit
/// code, or 128 + signal).
struct stack_down {
  std::optional<int> code;
};

}  // namespace command

using engine_command = std::variant<command::spawn, command::send_signal, command::kill_tree,
                                    command::probe, command::cancel_probe, command::run_hook,
                                    command::run_stop_command, command::end_run, command::record,
                                    command::save_desired, command::forget, command::stack_down>;

using commands = std::vector<engine_command>;

}  // namespace aurora::core

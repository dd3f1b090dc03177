#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <aurora/exit_status.hpp>
#include <aurora/time.hpp>

/// What is shown: the answers of `status`, `events`, `why` and `plan` as values.
namespace aurora {

enum class state { stopped, waiting, starting, running, stopping, backoff, failed, completed };
enum class desired_state { up, down };
enum class health { none, unknown, healthy, unhealthy };

std::string_view to_string(state);
std::string_view to_string(desired_state);
std::string_view to_string(health);

/// Why an instance is in the state it is in. The words are what people and programs see; they never
/// change meaning.
enum class reason {
  not_started,     ///< autostart is off, or the daemon has not got to it yet
  operator_start,  ///< someone asked
  operator_stop,
  operator_restart,
  config_added,    ///< reload: new
  config_changed,  ///< reload: its definition changed
  config_removed,
  scaled,
  files_changed,       ///< `watch`
  dependency_wait,     ///< a condition does not hold yet
  dependency_failed,   ///< a required dependency failed for good
  dependency_timeout,  ///< a condition did not hold within start_timeout
  dependency_restart,  ///< a dependency with `restart: true` went away
  dependency_back,     ///< what it waited or failed for is there
  spawned,             ///< the program was executed
  ready,               ///< as its `ready` says
  exited,              ///< ended by itself
  completed,           ///< ended with success and is not to run again
  start_timeout,       ///< not ready in time
  unhealthy,           ///< too many failed probes
  watchdog,            ///< sd_notify watchdog ran out or was triggered
  exec_failed,         ///< the program cannot be executed
  spawn_retry,         ///< the system could not start a process just now (EAGAIN, ENOMEM …)
  hook_failed,
  backoff,  ///< the next start is timed
  backoff_over,
  limit_reached,    ///< more restarts than `restart.limit` within `restart.window`
  policy_never,     ///< ended with failure, and the policy does not restart it
  stop_timeout,     ///< killed after `stop.timeout`
  stopped,          ///< ended after it was asked to
  shutdown,         ///< the whole stack stops
  critical_failed,  ///< a critical service gave up
  probe_ok,         ///< health changed
  probe_failed,
  left_over,  ///< descendants outlived the main process
  reachable,  ///< external: answers
  unreachable
};
/// "operator-start", "limit-reached" …
std::string_view to_string(reason);

/// What a transition rests on. Only what applies is set.
struct evidence {
  std::optional<exit_status> exit;
  std::string text;        ///< a probe's answer, a launch error, a dependency's name: one line
  std::string dependency;  ///< the service it is about
  std::optional<duration> delay;  ///< until the next start, or the time that ran out
  unsigned count = 0;  ///< restarts, failures in a row, processes left over: what the reason counts
  unsigned limit = 0;  ///< and what it may count to
  friend bool operator==(const evidence&, const evidence&) = default;
};

/// One line of the journal: an instance went from a state to another (or its health did, where both
/// states are equal) for a reason.
struct journal_entry {
  std::uint64_t sequence = 0;  ///< grows by one; set by whoever keeps the journal
  wall_time at{};              ///< set by whoever keeps the journal
  instant when{};
  std::string instance;
  state from = state::stopped;
  state to = state::stopped;
  aurora::reason why = reason::not_started;
  std::uint64_t run = 0;
  std::optional<int> pid;
  aurora::health health = aurora::health::none;
  evidence because;
};

/// One instance as shown (contract §5, `status --json`). Times are spans from the call's `now`.
struct instance_status {
  std::string name;     ///< "web" or "web@2"
  std::string service;  ///< "web"
  unsigned instance = 1;
  aurora::state state = state::stopped;
  desired_state desired = desired_state::down;
  aurora::health health = aurora::health::none;
  std::optional<int> pid;
  std::optional<std::uint16_t> port;
  std::optional<duration> uptime;         ///< of the process, not of the state
  std::optional<duration> next_start_in;  ///< in backoff
  std::uint64_t restarts = 0;             ///< unwanted ends since the operator last started it
  std::optional<exit_status> last_exit;
  std::optional<duration> last_exit_ago;
  reason why = reason::not_started;
  evidence because;
  std::string status_text;  ///< STATUS= of sd_notify
  std::vector<std::string> depends_on;
  std::uint64_t run = 0;
};

}  // namespace aurora

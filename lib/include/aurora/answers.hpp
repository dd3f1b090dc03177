#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <aurora/plan.hpp>
#include <aurora/status.hpp>

/// The answers of a supervisor as values, before they become JSON.
namespace aurora {

struct daemon_status {
  int pid = 0;
  int keeper_pid = 0;
  std::string version, name;
  wall_time started_at{};
  duration uptime{};
  std::string config, state_dir;
  std::string http;  ///< "http://127.0.0.1:9090"; empty: off
  /// After an upgrade in place: "on_trial" while it may still be undone, "gone_back" when it was;
  /// empty else.
  std::string upgrade;
  std::vector<std::string>
      warnings;  ///< "last reload failed: …", "log of web: no space left on device"
  std::uint64_t restarts_today = 0;  ///< of all services, since midnight in the local time zone
};

struct usage {
  std::optional<double> cpu_percent;  ///< of one core, since the previous sample (or the start)
  std::optional<std::uint64_t> memory_bytes;
};

struct service_status {
  instance_status instance;
  usage used;
  std::optional<wall_time> started_at;
  std::optional<wall_time> last_exit_at;
  std::map<std::string, std::string> labels;
};

struct stack_status {
  daemon_status daemon;
  std::vector<service_status> services;  ///< in name order
};

/// What became of one target of start, stop or restart.
struct target_report {
  enum class result { done, already, failed, pending };
  std::string name;
  result what = result::pending;
  aurora::state state = state::stopped;
  std::string
      detail;  ///< "failed: exit code 1, 10 restarts in 5m"; empty where all is said by the state
};

struct operation_report {
  bool finished = false;  ///< false: accepted, or `wait` ran out
  std::vector<target_report> targets;
};

/// What a reload did, and what became of the instances that it touched.
struct reload_report {
  plan_steps steps;
  operation_report operation;
  std::vector<std::string> warnings;  ///< what was read but takes effect later
};

/// An upgrade in place that has begun: the program is tested, and takes over at once.
struct upgrade_report {
  std::string from, to;  ///< versions
};

/// A request that cannot be carried out (RFC 9457).
struct problem {
  int status = 500;  ///< HTTP
  std::string
      type;  ///< "no-such-service", "bad-request", "shutting-down", "invalid-configuration" …
  std::string title;                ///< "there is no service \"databse\""
  std::string detail;               ///< why, more of it
  std::string hint;                 ///< what to do: "did you mean \"database\"?"
  std::vector<std::string> errors;  ///< one diagnostic a line, for configurations
};

/// One link of "why is it so", newest last.
struct cause {
  wall_time at{};
  std::string text;                 ///< "web: killed by SIGKILL after 4.2 s"
  std::vector<std::string> detail;  ///< evidence, a line each
};
struct explanation {
  std::string instance;
  aurora::state state = state::stopped;
  std::string summary;  ///< one sentence
  std::vector<cause> chain;
  std::string rule;  ///< "restart.policy always: delay 500ms × 2ⁿ, at most 30s, 10 in 5m"
  std::string
      next;  ///< "starts again in 1.9 s (restart 3 of 10)"; "nothing until `aurorctl start web`"
  std::vector<std::string> last_lines;  ///< of its log
  std::vector<std::string> waits_for;
};

struct graph_edge {
  std::string from, to;   ///< `from` depends on `to`
  std::string condition;  ///< "ready"
  bool required = true, restart = false, holds = false;
};
struct graph_node {
  std::string service;
  aurora::state state = state::stopped;
  aurora::health health = health::none;
};
struct service_graph {
  std::vector<graph_node> nodes;
  std::vector<graph_edge> edges;
};

struct probe_report {
  std::string name;
  std::optional<bool> healthy;  ///< nothing: it has no probe
  aurora::state state = state::stopped;
  std::string text;
  duration took{};
};

}  // namespace aurora

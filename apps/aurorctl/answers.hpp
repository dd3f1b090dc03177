#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aurora/time.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

/// The daemon's answers, read. A field that is missing or of another type is as good as absent, and
/// words are kept as they came: a client one version older or newer still shows what it can.
namespace aurora::ctl {

namespace json = boost::json;

struct exit_view {
  std::optional<int> code;
  std::string signal;  ///< "SIGKILL"; empty: it exited
  std::string cause;   ///< "oom", "unattended"; empty: none known
  bool core_dumped = false;
};

struct service_view {
  std::string name, service, state, desired, health, reason, status_text;
  std::optional<std::int64_t> pid, port;
  std::optional<duration> uptime, next_start;
  std::uint64_t restarts = 0;
  std::optional<exit_view> last_exit;
  std::string because_text, because_dependency;  ///< the evidence of the reason
  std::vector<std::string> depends_on;
  std::optional<double> cpu_percent;
  std::optional<std::uint64_t> memory_bytes;

  /// In the state it is meant to be in for good: running, or a oneshot that completed.
  bool up() const { return state == "running" || state == "completed"; }
  /// Nothing of it lives.
  bool down() const {
    return state == "stopped" || state == "failed" || state == "completed" || state == "waiting" ||
           state == "backoff";
  }
};

struct daemon_view {
  std::optional<std::int64_t> pid, keeper_pid;
  std::string name, version, config, state_dir, http, upgrade;
  std::optional<duration> uptime;
  std::vector<std::string> warnings;
};

struct status_view {
  daemon_view daemon;
  std::vector<service_view> services;
  const service_view* find(std::string_view name) const;
  /// Takes those out of `names` that are no instances of these.
  void keep_known(std::vector<std::string>& names) const;
};

struct event_view {
  std::uint64_t sequence = 0;
  std::optional<wall_time> at;
  std::string instance, from, to, reason, health;
  std::optional<std::int64_t> pid;
  std::uint64_t run = 0;
  std::optional<exit_view> exit;
  std::string text, dependency;
  std::optional<duration> delay;
  std::uint64_t count = 0, limit = 0;
};

struct log_line {
  std::string name;
  std::optional<wall_time> at;
  std::uint64_t offset = 0;
  std::uint64_t next = 0;  ///< where the log goes on
  std::string text;
  bool partial = false;
};

/// What an instance takes at a moment, where that is known.
struct usage_view {
  std::string name;
  std::optional<double> cpu_percent;
  std::optional<std::uint64_t> memory_bytes;
};

struct target_view {
  std::string name, result, state, detail;
};
struct operation_view {
  bool finished = false;
  std::vector<target_view> targets;
};

/// Parses JSON text; throws `failure` where the peer does not speak it.
json::value parse_answer(std::string_view text);

status_view read_status(const json::value& from);
service_view read_service(const json::value& from);
event_view read_event(const json::value& from);
std::vector<event_view> read_events(const json::value& from);
log_line read_log_line(const json::value& from);
std::vector<usage_view> read_usage(const json::value& from);
operation_view read_operation(const json::value& from);

/// {"operation": {…}} as the daemon writes it, for --json.
json::value as_json(const operation_view& operation);

/// "exit code 3", "SIGKILL (OOM)", "SIGSEGV (core dumped)"; "unknown" where nothing is known.
std::string in_words(const exit_view& exit);

/// Single fields of whatever object; empty or nothing where they are not.
std::string text_of(const json::value& from, std::string_view key);
std::optional<double> number_of(const json::value& from, std::string_view key);
bool flag_of(const json::value& from, std::string_view key);
std::vector<std::string> texts_of(const json::value& from, std::string_view key);
/// The elements of an array; an empty one where there is none.
const json::array& list_of(const json::value& from, std::string_view key);
const json::value& child_of(const json::value& from, std::string_view key);

/// JSON on one line with numbers as people write them: 4.9, not 4.9E0.
std::string to_text(const json::value& value);

}  // namespace aurora::ctl

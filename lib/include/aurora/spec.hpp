#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aurora/time.hpp>

/// What is asked: the configuration once every file is read, every `${VAR}` looked up, every
/// default filled in and every fault reported. Plain values; the keys and defaults are those of
/// aurora.json(5).
namespace aurora {

/// Text in which only an instance's own variables are still open: `${PORT}`, `${AURORA_SERVICE}`,
/// `${AURORA_INSTANCE}`; `$$` is one dollar sign. `core::expand` closes them at each start.
struct templated {
  std::string text;
  friend auto operator<=>(const templated&, const templated&) = default;
};

using argv_template = std::vector<templated>;

enum class service_type { service, oneshot, external };

/// What a dependant waits for. `ready` of a oneshot means that it completed.
enum class dependency_condition { ready, started, completed };

struct dependency {
  std::string service;
  dependency_condition condition = dependency_condition::ready;
  bool restart = false;  ///< this service is restarted when the dependency goes away
  bool required = true;  ///< false: a dependency that failed, or is not defined, is not waited for
  friend bool operator==(const dependency&, const dependency&) = default;
};

enum class restart_policy { always, on_failure, never };

struct restart_spec {
  restart_policy policy = restart_policy::always;
  duration delay = std::chrono::milliseconds(500);
  double factor = 2;
  duration max_delay = std::chrono::seconds(30);
  double jitter = 0.1;  ///< a share of the delay, added or taken away
  unsigned limit = 10;  ///< more restarts than this within `window`: failed. 0: never give up
  duration window = std::chrono::minutes(5);
  duration reset_after = std::chrono::seconds(60);
  std::vector<int> success_codes = {0};
  friend bool operator==(const restart_spec&, const restart_spec&) = default;
};

struct ready_on_exec {  ///< the program was executed
  friend bool operator==(const ready_on_exec&, const ready_on_exec&) = default;
};
struct ready_on_probe {  ///< the first healthy probe
  friend bool operator==(const ready_on_probe&, const ready_on_probe&) = default;
};
struct ready_on_notify {  ///< `READY=1` by sd_notify(3)
  friend bool operator==(const ready_on_notify&, const ready_on_notify&) = default;
};
struct ready_on_log {  ///< a line of output that matches (RE2 syntax)
  std::string pattern;
  friend bool operator==(const ready_on_log&, const ready_on_log&) = default;
};
struct ready_on_fd {  ///< a newline on this descriptor, as s6 has it
  int fd = 3;
  friend bool operator==(const ready_on_fd&, const ready_on_fd&) = default;
};
struct ready_on_delay {  ///< still alive after this time
  duration delay{};
  friend bool operator==(const ready_on_delay&, const ready_on_delay&) = default;
};
using ready_spec = std::variant<ready_on_exec, ready_on_probe, ready_on_notify, ready_on_log,
                                ready_on_fd, ready_on_delay>;

struct status_range {  ///< HTTP status codes, both ends included
  int first = 200;
  int last = 399;
  friend bool operator==(const status_range&, const status_range&) = default;
};

struct http_probe {
  templated url;  ///< http:// or https://
  std::vector<status_range> status = {{}};
  std::string body;  ///< RE2 pattern searched in the first 64 KiB of the body; empty: not looked at
  std::vector<std::pair<std::string, templated>> headers;
  std::string method = "GET";
  bool tls_verify = true;
  friend bool operator==(const http_probe&, const http_probe&) = default;
};
struct tcp_probe {
  templated address;  ///< host:port
  friend bool operator==(const tcp_probe&, const tcp_probe&) = default;
};
struct exec_probe {
  argv_template command;
  friend bool operator==(const exec_probe&, const exec_probe&) = default;
};

enum class on_unhealthy { restart, alert };

struct health_spec {
  std::variant<http_probe, tcp_probe, exec_probe> probe;
  duration interval = std::chrono::seconds(10);
  duration timeout = std::chrono::seconds(2);
  unsigned retries = 3;    ///< consecutive failures that make it unhealthy
  unsigned successes = 1;  ///< consecutive successes that make it healthy
  duration start_interval = std::chrono::milliseconds(250);
  duration start_period{};
  on_unhealthy on_failure = on_unhealthy::restart;
  friend bool operator==(const health_spec&, const health_spec&) = default;
};

enum class signal_scope { group, main };

struct stop_spec {
  int signal = 15;
  duration timeout = std::chrono::seconds(10);
  signal_scope to = signal_scope::group;
  argv_template command;  ///< empty: the signal is sent
  friend bool operator==(const stop_spec&, const stop_spec&) = default;
};

struct hooks_spec {  ///< each empty, or a command
  argv_template pre_start, post_start, pre_stop, post_stop;
  friend bool operator==(const hooks_spec&, const hooks_spec&) = default;
};

struct watch_spec {
  std::vector<std::string> paths;   ///< absolute
  std::vector<std::string> ignore;  ///< fnmatch(3) patterns on the file's name
  duration debounce = std::chrono::milliseconds(300);
  friend bool operator==(const watch_spec&, const watch_spec&) = default;
};

enum class stderr_mode { merged, separate };

/// Behind the name of an instance: the name of the log of its stderr, where that is kept apart.
inline constexpr std::string_view stderr_log_suffix = ".err";

struct logs_spec {
  byte_count max_size{10 << 20};
  unsigned keep = 5;  ///< rotated files kept beside the current one
  bool compress = false;
  stderr_mode err = stderr_mode::merged;
  friend bool operator==(const logs_spec&, const logs_spec&) = default;
};

struct limits_spec {
  std::optional<std::uint64_t> nofile;
  std::optional<byte_count> core;      ///< largest core file; RLIM_INFINITY is the largest value
  std::optional<byte_count> memory;    ///< cgroup memory.max where there is one, else RLIMIT_AS
  std::optional<double> cpu;           ///< cores; needs a cgroup
  std::optional<std::uint64_t> tasks;  ///< cgroup pids.max; needs a cgroup
  friend bool operator==(const limits_spec&, const limits_spec&) = default;
};

struct env_file {
  std::string path;  ///< absolute; read at each start
  friend bool operator==(const env_file&, const env_file&) = default;
};
using env_vars = std::vector<std::pair<std::string, templated>>;
/// One layer of an environment; later layers win.
using env_layer = std::variant<env_file, env_vars>;

struct service_spec {
  std::string name;
  service_type type = service_type::service;
  argv_template command;
  std::string working_dir;  ///< absolute
  std::vector<env_layer> env;
  std::optional<std::string> virtualenv;  ///< absolute
  std::optional<std::string> user, group;
  unsigned umask = 022;
  int nice = 0;
  limits_spec limits;
  std::optional<std::uint16_t> port;  ///< 0: pick a free one at each start
  unsigned instances = 1;
  bool autostart = true;
  std::vector<dependency> depends_on;
  restart_spec restart;
  ready_spec ready;  ///< resolved: never left to a default
  duration start_timeout = std::chrono::seconds(60);
  std::optional<health_spec> health;  ///< resolved: the TCP probe of a bare `port` is here
  stop_spec stop;
  hooks_spec hooks;
  std::optional<watch_spec> watch;
  logs_spec logs;
  bool critical = false;
  std::map<std::string, std::string> labels;
  friend bool operator==(const service_spec&, const service_spec&) = default;
};

struct command_exists {
  std::string command;
  friend bool operator==(const command_exists&, const command_exists&) = default;
};
struct file_exists {
  std::string path;
  friend bool operator==(const file_exists&, const file_exists&) = default;
};
struct port_free {
  std::uint16_t port = 0;
  friend bool operator==(const port_free&, const port_free&) = default;
};
using prerequisite = std::variant<command_exists, file_exists, port_free>;

/// Of the TCP listener, in PEM; absolute paths.
struct tls_files {
  std::string certificate;  ///< with the chain up to its authority
  std::string key;
  friend bool operator==(const tls_files&, const tls_files&) = default;
};

/// A whole configuration.
struct stack_spec {
  std::string name;
  std::string config_file;                     ///< absolute
  std::string state_dir;                       ///< absolute; empty: by the rule of aurora.json(5)
  std::string http_listen = "127.0.0.1:9090";  ///< or "off"
  std::optional<tls_files> http_tls;
  std::vector<std::string> http_hosts;       ///< further names it answers to: "ops.example"
  std::optional<std::string> control_group;  ///< group that may use the control socket
  duration shutdown_timeout = std::chrono::seconds(90);
  /// All log files together; empty: only what the `logs` of each service keep.
  std::optional<byte_count> max_total_log_size;
  std::vector<prerequisite> prerequisites;
  std::vector<service_spec> services;  ///< sorted by name, names unique, dependencies acyclic
};

}  // namespace aurora

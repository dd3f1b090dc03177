#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aurora/page.hpp>
#include <aurora/time.hpp>

namespace aurora {

/// What `aurorad` was asked for on its command line. Empty: by the rules of the contract (§1).
struct daemon_options {
  std::string config;
  std::string state_dir;
  std::optional<std::string> http;
  std::string log_level = "info";  ///< error, warning, info or debug
  duration start_delay{};
  /// argv of the program, for an upgrade in place: the new one is executed with the same. Empty:
  /// there are no upgrades.
  std::vector<std::string> arguments;
  /// Only tests whether this program could take the place of a running one that hands over in this
  /// version of the form, with `state_dir`: says so and changes nothing.
  std::optional<int> self_test;
  std::span<const page_file> page;  ///< the dashboard; empty: this program has none
};

/// The daemon in the foreground, from reading the configuration to its end. Process wide: it takes
/// the signals, the umask, the limits and the duty of a subreaper. Returns the exit code (contract
/// §4): 0 ok, 1 failure, 6 configuration invalid, else that of the critical service that gave up.
int run_daemon(const daemon_options& options);

/// Where the configuration is: `asked`, else $AURORA_CONFIG, else ./aurora.json, else
/// /etc/aurora/aurora.json; absolute. Empty: there is none of the last two.
std::string find_config(const std::string& asked);

/// Where the state is: `asked`, else $AURORA_STATE_DIR, else `state_dir` of the configuration, else
/// .aurora beside it, or /var/lib/aurora for one under /etc/aurora; absolute.
std::string find_state_dir(const std::string& asked, const std::string& of_config,
                           const std::string& config_file);

}  // namespace aurora

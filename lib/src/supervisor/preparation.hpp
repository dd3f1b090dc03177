#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <aurora/daemon.hpp>
#include <aurora/spec.hpp>

#include "config/recorded_source.hpp"
#include "reactor/keeper/keeper_link.hpp"
#include "supervisor/daemon_log.hpp"
#include "supervisor/left_behind.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora::shell {

/// Exit codes of contract §4.
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_bad_configuration = 6;

/// "aurorad: TEXT" on stderr, for what is wrong before there is a log.
void complain(const std::string& text);

/// What the daemon is made of, once its configuration is read and its lock is held.
struct setup {
  stack_spec stack;  ///< to begin with
  std::string state_dir;
  log_level level = log_level::info;
  std::optional<gid_t> control_group;
  duration start_delay{};
  std::string volatile_because;  ///< nothing outlives the machine, in words; empty: it does
  std::string address;           ///< that is to be listened on; empty: none
  std::string token;             ///< of the TCP listener
  std::string token_fault;       ///< in words why there is none
  std::optional<state_lock> lock;
  left_behind left;
  std::vector<reactor::held_descriptor> kept;
  std::optional<stack_spec> next;                ///< to go on with, when it differs
  std::optional<config::source_record> to_save;  ///< the configuration that is in force then
};

/// From the beginning to the point where services are started or taken over.
class preparation {
 public:
  /// Both outlive it.
  preparation(const daemon_options& options, reactor::keeper_link& keeper)
      : options_(options), keeper_(keeper) {}

  /// An exit code: it could not, and has complained. Call once.
  std::optional<int> prepare();

  setup how;  ///< the result

 private:
  std::optional<int> start();
  std::optional<int> come_back();
  std::optional<int> make_state_dir(state_paths& paths);
  void tell_volatile(const std::string& directory, const std::string& wanted);
  bool take_group(const stack_spec& stack);
  bool look_behind(const state_paths& paths);
  std::optional<int> missing_prerequisites();
  bool take_address();

  const daemon_options& options_;
  reactor::keeper_link& keeper_;
};

}  // namespace aurora::shell

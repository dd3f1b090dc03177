#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include <aurora/status.hpp>
#include <aurora/time.hpp>

#include "core/instance.hpp"

namespace aurora::store {

/// A process as it is found again: by its pid and the time of its start, in the same boot.
struct process_identity {
  int pid = 0;
  std::uint64_t started = 0;  ///< clock ticks since boot: field 22 of /proc/PID/stat (proc(5))
  friend bool operator==(const process_identity&, const process_identity&) = default;
};

/// What the shell holds of a run beside the engine's memory of it.
struct run_memory {
  process_identity leader;                ///< what was launched: it leads session and group
  std::optional<process_identity> named;  ///< the main process that MAINPID named
  std::string marker;                     ///< its AURORA_RUN
  std::string cgroup;                     ///< directory; empty: none
  std::string notify;                     ///< address of its notify socket; empty: none
  std::optional<std::uint16_t> port;      ///< where it was picked for this run
  std::optional<wall_time> began;
  friend bool operator==(const run_memory&, const run_memory&) = default;
};

/// What there is to remember of an instance.
struct instance_memory {
  core::remembered engine;
  std::optional<run_memory> run;  ///< nothing: no process was started, or all of it is gone
  std::optional<wall_time> last_exit_at;
};

/// One line of JSON, with nothing in it that changes while a service just runs: what a new engine
/// sets anew (the moments of probes and of the watchdog) is left out.
std::string to_text(const core::remembered& engine, const run_memory* run,
                    std::optional<wall_time> last_exit_at = std::nullopt);

/// Error: why it cannot be used, in words. Members that are missing have their default, those that
/// are not known are ignored: text of an older version can be read.
boost::system::result<instance_memory, std::string> memory_from(std::string_view text);

/// The same for an entry of the journal of events, without its monotonic time.
std::string to_text(const journal_entry& entry);
boost::system::result<journal_entry, std::string> entry_from(std::string_view text);

}  // namespace aurora::store

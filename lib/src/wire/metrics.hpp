#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aurora/status.hpp>

#include "core/counters.hpp"
#include "wire/exposition.hpp"

/// The text of `/metrics` (contract §7). Names never change meaning once released; a sample is
/// there only where there is something to measure.
namespace aurora::wire {

/// What a service's process and all that descend from it hold.
struct tree_totals {
  std::uint64_t memory_bytes = 0;
  std::uint64_t open_fds = 0;
};

struct instance_metrics {
  std::string service;
  unsigned instance = 1;
  aurora::state state = state::stopped;
  aurora::health health = health::none;
  std::optional<duration> uptime;
  std::optional<tree_totals> held;  ///< nothing: no process, or too many to be read
  /// Of all its runs since the daemon began to read them; never falls.
  std::optional<double> cpu_seconds;
  std::optional<std::uint64_t> log_bytes, log_dropped_bytes;
  core::instance_counters counted;
};

struct process_metrics {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0, virtual_bytes = 0, open_fds = 0, max_fds = 0;
  double start_seconds = 0;  ///< since 1970
};

struct stack_metrics {
  std::string version;
  std::vector<instance_metrics> instances;  ///< in name order
  std::optional<core::histogram> lag;
  process_metrics process;
};

std::string metrics_text(const stack_metrics& what, exposition how);

}  // namespace aurora::wire

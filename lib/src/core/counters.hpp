#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <aurora/status.hpp>
#include <aurora/time.hpp>

#include "core/histogram.hpp"

/// What is counted as it happens, for `/metrics`: nothing here is ever computed when asked, and
/// nothing is read from a clock.
namespace aurora::core {

/// How a run ended, in the classes that alerts tell apart.
enum class end_cause {
  success,  ///< by itself, exit code 0
  error,    ///< by itself, another exit code
  signal,   ///< killed by a signal that was not ours
  oom,      ///< killed by the kernel for want of memory
  stopped,  ///< Aurora ended it: asked for, unhealthy, reload, shutdown
  unknown   ///< nobody saw it
};
inline constexpr std::size_t end_causes = 6;
std::string_view to_string(end_cause);

/// Whether an entry tells of an end that nobody wanted, and of a start that is timed for it. What
/// the system refused to start has not ended: that is none.
bool is_restart(const journal_entry& entry);

/// Of the entry that tells an end (it has `because.exit`).
end_cause cause_of(const journal_entry& entry);

/// Counts of one instance since the daemon began to count; they never fall.
struct instance_counters {
  instance_counters();

  std::uint64_t restarts = 0;  ///< timed starts after an unwanted end
  std::array<std::uint64_t, end_causes> ends{};
  histogram starts;  ///< from `starting` to `running`
  histogram probes;  ///< how long they took
  std::uint64_t probe_failures = 0;

  std::optional<instant> starting_since;  ///< while it starts
  std::uint64_t ended_run = 0;            ///< the last run whose end is counted
};

class counters {
 public:
  counters();

  /// Every entry of the journal, in order.
  void on_entry(const journal_entry& entry);
  void on_probe(const std::string& instance, duration took, bool healthy);
  /// How much later than it should the loop got to something.
  void on_lag(duration lag) { lag_.observe(lag); }
  void forget(const std::string& instance) { of_.erase(instance); }

  /// Null: nothing happened to it yet.
  const instance_counters* find(const std::string& instance) const;
  const histogram& lag() const { return lag_; }

 private:
  std::map<std::string, instance_counters, std::less<>> of_;
  histogram lag_;
};

}  // namespace aurora::core

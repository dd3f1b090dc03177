#pragma once

#include <cstddef>
#include <vector>

#include <aurora/spec.hpp>
#include <aurora/time.hpp>

/// How often and how soon a service that keeps ending is started again.
namespace aurora::core {

/// Delay before restart number `in_row` of a service that keeps ending.
/// in_row: ends in a row, 1 or more. Returns delay * factor^(in_row-1), at most max_delay, then
/// moved by the jitter; never negative.
/// luck: 0 to 1; 0.5 is the delay without jitter. Pure and total: no count, factor or delay
/// overflows. Rule: aurora.json(5), `restart`.
duration restart_delay(const restart_spec& rule, unsigned in_row, double luck);

/// Delay before the next try when the system could not start a process (EAGAIN, ENOMEM): 0.5 s,
/// doubled each time, at most 30 s. Not the service's fault, hence not its own `restart` rule.
duration spawn_retry_delay(unsigned in_row);

/// What a short life costs: a run that lived under a second and is not the first in a row is
/// followed by 100 ms at least, so that a delay of zero cannot spin.
duration with_floor(duration delay, duration lived, unsigned in_row);

/// Counts the restarts within `window`, and says when they are too many.
class restart_window {
 public:
  /// Takes a restart into account if there is room for one more. False: `limit` restarts were made
  /// within the window already (a limit of 0 is none). A restart is out of the window once it is as
  /// old as that.
  bool admit(instant now, const restart_spec& rule);

  /// Restarts taken into account at the last `admit`.
  unsigned used() const { return static_cast<unsigned>(made_.size() - first_); }

  void clear();

  /// The restarts taken into account, oldest first; and a window that holds these.
  std::vector<instant> made() const {
    return {made_.begin() + static_cast<std::ptrdiff_t>(first_), made_.end()};
  }
  static restart_window of(std::vector<instant> made);

 private:
  std::vector<instant> made_;  // oldest at first_; what lies before has left the window
  std::size_t first_ = 0;
};

/// All that an instance remembers of its ends.
struct restart_budget {
  restart_window window;
  unsigned in_row = 0;         ///< restarts since the last stable uptime
  unsigned spawn_retries = 0;  ///< since a process could be started

  void clear();
};

}  // namespace aurora::core

#pragma once

#include <aurora/time.hpp>

namespace aurora::core {

/// A moment that does not come.
inline constexpr instant never = instant::max();

/// The shell ends hooks after 10 s; past this it has forgotten to answer, and the engine goes on.
inline constexpr duration hook_patience = std::chrono::seconds(15);

/// SIGKILL is sent again this often while something of a run is still there (uninterruptible sleep,
/// a process that was just forked).
inline constexpr duration kill_again = std::chrono::seconds(2);

/// `start + span`, without overflow: what would be past the end of the clock is `never`, and a
/// negative span is none. Timeouts come from files and from services' own messages.
constexpr instant after(instant start, duration span) {
  if (span <= duration::zero()) return start;
  if (start.time_since_epoch() > duration::max() - span && start > instant{}) return never;
  return start + span;
}

}  // namespace aurora::core

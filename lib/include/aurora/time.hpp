#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace aurora {

/// A span of time. Nanoseconds, so that an uptime can be told to the millisecond without rounding
/// twice.
using duration = std::chrono::nanoseconds;

/// The clock that decides: never steps, never goes back. It has no `now()` on purpose: the pure
/// rooms are handed the time, and only the reactor reads a clock.
struct monotonic {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<monotonic, duration>;
  static constexpr bool is_steady = true;
};

/// A moment on the monotonic clock. Comparable within one boot of the machine only.
using instant = monotonic::time_point;

/// A moment as people write it. For showing and for history; nothing is ever decided by it.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// An amount of bytes.
struct byte_count {
  std::uint64_t value = 0;
  friend auto operator<=>(const byte_count&, const byte_count&) = default;
};

}  // namespace aurora

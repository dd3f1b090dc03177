#pragma once

#include <aurora/time.hpp>

namespace aurora::shell {

/// The one place where the daemon reads a clock that decides: CLOCK_MONOTONIC.
instant monotonic_now();

/// The wall clock, for showing only.
wall_time wall_now();

}  // namespace aurora::shell

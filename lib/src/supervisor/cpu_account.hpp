#pragma once

#include <algorithm>

#include <aurora/time.hpp>

#include "core/events.hpp"

namespace aurora::shell {

/// Processor time of an instance over its runs, from readings of its tree: it never falls, also
/// where a process ended and took its time with it.
struct cpu_account {
  core::run_number run = 0;
  duration before{};  ///< of earlier runs, as last seen
  duration seen{};    ///< of this one: the most that was read

  void begin(core::run_number now) {
    if (run == now) return;
    before += seen;
    seen = {};
    run = now;
  }
  /// A later reading, or one that was under way at the same time.
  void join(const cpu_account& read) {
    if (read.run < run) return;
    if (read.run > run) *this = read;
    before = std::max(before, read.before);
    seen = std::max(seen, read.seen);
  }
};

}  // namespace aurora::shell

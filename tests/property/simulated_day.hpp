#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "core/engine.hpp"
#include "property/random.hpp"

namespace aurora::property {

/// Services that each live for about a minute and a half, end in one way or another, and are
/// started again: virtual time, and a shell whose every answer comes at once.
class simulated_day {
 public:
  simulated_day(std::uint64_t seed, unsigned services);

  /// The next end of a service, or the engine's next deadline, and what follows from it.
  void next();

  duration length() const { return now_ - instant(std::chrono::seconds(0)); }
  unsigned spawns() const { return spawns_; }
  std::uint64_t events() const { return events_; }  ///< that the engine was told
  std::uint64_t trace() const { return trace_.value(); }
  std::uint64_t stale() const { return subject_.stale_events(); }

 private:
  struct end {
    instant at;
    core::instance_id who;
    core::run_number run;
    bool operator<(const end& other) const {
      return at != other.at ? at > other.at : who > other.who;
    }
  };

  void step(const core::engine_event& e);
  void take(core::commands& first);
  void collect(const core::commands& all, std::vector<core::command::spawn>& asked);

  core::engine subject_;
  dice dice_;
  instant now_ = instant(std::chrono::seconds(0));
  std::priority_queue<end> ends_;
  hasher trace_;
  unsigned spawns_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace aurora::property

#pragma once

#include <unordered_map>

#include <aurora/answers.hpp>
#include <aurora/time.hpp>

#include "core/events.hpp"

#include <sys/types.h>

namespace aurora::shell {

/// CPU and memory of service trees, read from /proc when someone asks and never otherwise. A
/// reading is kept for `fresh`, and one call spends at most `budget` on new readings, so that the
/// status of 500 services costs no more than that of a few; those that were not reached are read by
/// the next call. A tree of more than `largest_tree` processes is not read: it would hold up the
/// loop, and a part of it tells nothing.
class sampler {
 public:
  static constexpr duration fresh = std::chrono::seconds(2);
  static constexpr duration budget = std::chrono::microseconds(500);

  static constexpr duration kept = std::chrono::minutes(10);

  explicit sampler(std::size_t largest_tree = 1024) : largest_tree_(largest_tree) {}

  /// Also drops what nobody has asked about for `kept`.
  void begin_call(instant now);
  /// Of an instance's process and its descendants. `run` tells its processes apart.
  usage of(core::instance_id id, pid_t pid, std::uint64_t run, duration uptime, instant now);
  std::size_t size() const { return readings_.size(); }

 private:
  struct reading {
    std::uint64_t run = 0;
    instant asked{};
    instant at{};
    duration cpu{};
    usage shown;
  };
  void read(pid_t pid, reading& into, duration uptime, instant now);

  std::size_t largest_tree_;
  std::unordered_map<std::uint32_t, reading> readings_;
  instant call_ends_{};
};

}  // namespace aurora::shell

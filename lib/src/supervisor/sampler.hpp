#pragma once

#include <unordered_map>

#include <aurora/answers.hpp>
#include <aurora/time.hpp>

#include <sys/types.h>

namespace aurora::shell {

/// CPU and memory of service trees, read from /proc when someone asks and never otherwise. A
/// reading is kept for `fresh`, and one call spends at most `budget` on new readings, so that the
/// status of 500 services costs no more than that of a few; those that were not reached are read by
/// the next call.
class sampler {
 public:
  static constexpr duration fresh = std::chrono::seconds(2);
  static constexpr duration budget = std::chrono::microseconds(500);

  void begin_call(instant now);
  /// Of the process and its descendants. `run` tells processes apart whose pid is the same.
  usage of(pid_t pid, std::uint64_t run, duration uptime, instant now);
  void forget(pid_t pid) { readings_.erase(pid); }

 private:
  struct reading {
    std::uint64_t run = 0;
    instant at{};
    duration cpu{};
    usage shown;
  };
  void read(pid_t pid, reading& into, duration uptime, instant now);

  std::unordered_map<pid_t, reading> readings_;
  instant call_ends_{};
};

}  // namespace aurora::shell

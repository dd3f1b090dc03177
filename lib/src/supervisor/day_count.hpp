#pragma once

#include <cstdint>

#include <aurora/time.hpp>

namespace aurora::shell {

/// Counts what happens on one day of the local time zone; at midnight it begins anew, by itself and
/// without a timer.
class day_count {
 public:
  void add(wall_time at);
  /// Of the day that `now` is in.
  std::uint64_t at(wall_time now);

 private:
  void turn_to(wall_time now);

  wall_time begins_{}, ends_{};
  std::uint64_t count_ = 0;
};

}  // namespace aurora::shell

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <aurora/time.hpp>

namespace aurora::core {

/// How often a span of time was how long: a counter for each range, as Prometheus has it. Holds no
/// memory before the first observation.
class histogram {
 public:
  /// bounds: the upper ends of the ranges in seconds, ascending, each included in its range; one
  /// more range without an end follows. They outlive the histogram.
  explicit histogram(std::span<const double> bounds) : bounds_(bounds) {}

  /// Less than nothing counts as nothing: a wake-up can be early by the clock's grain.
  void observe(duration span);

  std::span<const double> bounds() const { return bounds_; }
  /// Of each range, not summed up: one more than there are bounds, or none before the first
  /// observation.
  std::span<const std::uint64_t> counts() const { return counts_; }
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }  ///< seconds

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace aurora::core

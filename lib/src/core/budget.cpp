#include "core/budget.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace aurora::core {
namespace {

constexpr duration short_life = std::chrono::seconds(1);
constexpr duration short_life_floor = std::chrono::milliseconds(100);
constexpr duration first_spawn_retry = std::chrono::milliseconds(500);
constexpr duration last_spawn_retry = std::chrono::seconds(30);

// A double can hold more than a duration; 2^62 ns are 146 years.
duration to_duration(double nanoseconds) {
  constexpr double most = 4611686018427387904.0;
  if (!(nanoseconds > 0)) return duration::zero();
  return duration(static_cast<duration::rep>(std::min(nanoseconds, most)));
}

}  // namespace

duration restart_delay(const restart_spec& rule, unsigned in_row, double luck) {
  const double cap = static_cast<double>(std::max(rule.max_delay, duration::zero()).count());
  const double first = static_cast<double>(std::max(rule.delay, duration::zero()).count());
  if (first == 0) return duration::zero();
  // pow may be infinite, which min makes the cap; 0 * infinity was excluded above.
  const double grown = first * std::pow(std::max(rule.factor, 1.0), std::max(in_row, 1U) - 1.0);
  const double plain = std::min(grown, std::max(cap, first));
  const double share = std::clamp(rule.jitter, 0.0, 1.0) * (2 * std::clamp(luck, 0.0, 1.0) - 1);
  return to_duration(plain * (1 + share));
}

duration spawn_retry_delay(unsigned in_row) {
  const unsigned doublings = std::min(std::max(in_row, 1U) - 1, 6U);
  return std::min(first_spawn_retry * (1U << doublings), last_spawn_retry);
}

duration with_floor(duration delay, duration lived, unsigned in_row) {
  if (in_row <= 1 || lived >= short_life) return delay;
  return std::max(delay, short_life_floor);
}

bool restart_window::admit(instant now, const restart_spec& rule) {
  if (rule.limit == 0) return true;
  while (first_ < made_.size() && now - made_[first_] >= rule.window) ++first_;
  if (first_ > made_.size() / 2) {
    made_.erase(made_.begin(), made_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (used() >= rule.limit) return false;
  made_.push_back(now);
  return true;
}

restart_window restart_window::of(std::vector<instant> made) {
  restart_window window;
  window.made_ = std::move(made);
  return window;
}

void restart_window::clear() {
  made_.clear();
  first_ = 0;
}

void restart_budget::clear() {
  window.clear();
  in_row = 0;
  spawn_retries = 0;
}

}  // namespace aurora::core

#include "core/histogram.hpp"

#include <algorithm>
#include <chrono>

namespace aurora::core {

void histogram::observe(duration span) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(span).count());
  if (counts_.empty()) counts_.resize(bounds_.size() + 1);
  const auto range = std::lower_bound(bounds_.begin(), bounds_.end(), seconds);
  ++counts_[static_cast<std::size_t>(range - bounds_.begin())];
  ++count_;
  sum_ += seconds;
}

}  // namespace aurora::core

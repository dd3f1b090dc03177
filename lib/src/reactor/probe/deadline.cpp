#include "reactor/probe/deadline.hpp"

namespace aurora::reactor {

void deadline_set::stop() {
  stopped_ = true;
  timer_.cancel();
  for (auto& each : live_) each.pass();
}

void deadline_set::wake_at(clock::time_point when) {
  if (stopped_ || when >= armed_for_) return;
  armed_for_ = when;
  timer_.expires_at(when);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& ec) {
    if (ec) return;
    if (const auto set = self.lock()) set->expire();
  });
}

void deadline_set::expire() {
  armed_for_ = clock::time_point::max();
  const auto now = clock::now();
  auto next = clock::time_point::max();
  for (auto& each : live_) {
    if (each.passed_) continue;
    if (each.when_ <= now)
      each.pass();
    else
      next = std::min(next, each.when_);
  }
  if (next != clock::time_point::max()) wake_at(next);
}

deadline::deadline(deadline_set& set, deadline_set::clock::time_point when)
    : set_(set), when_(when) {
  set.live_.push_back(*this);
  passed_ = set.stopped_;
  set.wake_at(when);
}

void deadline::pass() {
  if (passed_) return;
  passed_ = true;
  if (cancel_ != nullptr) cancel_(object_);
}

}  // namespace aurora::reactor

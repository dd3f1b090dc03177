#include "supervisor/day_count.hpp"

#include <ctime>

namespace aurora::shell {
namespace {

wall_time midnight(std::tm day, int days_later) {
  day.tm_sec = day.tm_min = day.tm_hour = 0;
  day.tm_mday += days_later;
  day.tm_isdst = -1;  // a day may have 23 hours, or 25
  return wall_time(std::chrono::seconds(std::mktime(&day)));
}

}  // namespace

void day_count::add(wall_time at) {
  turn_to(at);
  ++count_;
}

std::uint64_t day_count::at(wall_time now) {
  turn_to(now);
  return count_;
}

// Also where the clock was set back to yesterday.
void day_count::turn_to(wall_time now) {
  if (begins_ <= now && now < ends_) return;
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm day{};
  ::localtime_r(&seconds, &day);
  begins_ = midnight(day, 0);
  ends_ = midnight(day, 1);
  count_ = 0;
}

}  // namespace aurora::shell

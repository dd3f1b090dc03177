#include "supervisor/clock.hpp"

#include <chrono>

namespace aurora::shell {

instant monotonic_now() { return instant(std::chrono::steady_clock::now().time_since_epoch()); }

wall_time wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace aurora::shell

#include "handlers.hpp"
#include "operate.hpp"

namespace aurora::ctl {

int verb_stop(context& c) {
  operation what;
  what.target = "/api/v1/stop";
  what.goal = aim::down;
  return operate(c, std::move(what), "stopped");
}

}  // namespace aurora::ctl

#include "handlers.hpp"
#include "operate.hpp"

namespace aurora::ctl {

int verb_restart(context& c) {
  operation what;
  what.target = "/api/v1/restart";
  what.goal = aim::up;
  return operate(c, std::move(what), "running");
}

}  // namespace aurora::ctl

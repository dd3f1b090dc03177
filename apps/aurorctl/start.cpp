#include "handlers.hpp"
#include "launch.hpp"
#include "operate.hpp"

namespace aurora::ctl {
namespace {

asio::awaitable<bool> make_sure(context& c, const endpoint& where) {
  client api(c.io.get_executor(), where);
  const auto launched = co_await ensure_daemon(c, api);
  if (launched) c.say("daemon started, pid " + std::to_string(launched->pid));
  co_return true;
}

}  // namespace

int verb_start(context& c) {
  run_on(c.io, make_sure(c, find_endpoint(c.given)));
  c.io.restart();
  operation what;
  what.target = "/api/v1/start";
  what.goal = aim::up;
  return operate(c, std::move(what), "running");
}

}  // namespace aurora::ctl

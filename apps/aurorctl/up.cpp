#include <algorithm>

#include "attached.hpp"
#include "handlers.hpp"
#include "launch.hpp"
#include "operate.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

/// Whose start is not wanted unless it is named.
bool left_alone(const service_view& s) { return s.desired == "down" && s.reason == "not-started"; }

struct beginning {
  std::optional<launched_daemon> launched;
  status_view status;
  std::vector<std::string> names;  ///< empty: all
  bool nothing_to_start = false;
};

asio::awaitable<beginning> begin(context& c, client& api) {
  beginning b;
  b.launched = co_await ensure_daemon(c, api);
  b.status = read_status(co_await api.get_json("/api/v1/status"));
  b.names = c.given.operands;
  select(b.status, b.names);
  const auto& all = b.status.services;
  if (!b.names.empty() || std::none_of(all.begin(), all.end(), left_alone)) co_return b;
  for (const auto& s : all) {
    if (!left_alone(s)) b.names.push_back(s.name);
  }
  b.nothing_to_start = b.names.empty();
  co_return b;
}

asio::awaitable<int> up(context& c, endpoint where) {
  const auto since = wall_now();
  client api(c.io.get_executor(), where);
  beginning b = co_await begin(c, api);
  if (b.launched) c.say("daemon started, pid " + std::to_string(b.launched->pid));
  c.out.flush();
  operation what;
  what.target = "/api/v1/start";
  what.body = services_body(b.names);
  what.names = b.names;
  if (!c.given.has("detach")) {
    attached_stack stack(c, api, std::move(b.launched), b.status, since);
    if (b.nothing_to_start) what.body.clear();
    co_return co_await stack.run(what.body);
  }
  operation_view result;
  result.finished = true;
  if (!b.nothing_to_start) result = co_await carry_out(c, api, what);
  if (b.launched) {  // who was quicker than our request is news all the same
    for (auto& t : result.targets) {
      if (t.result == "already") t.result = "done";
    }
  }
  if (c.given.json) c.out.line(to_text(as_json(result)));
  co_return report(c, what, result, "running");
}

}  // namespace

int verb_up(context& c) { return run_on(c.io, up(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

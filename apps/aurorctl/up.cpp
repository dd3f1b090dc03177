#include <algorithm>
#include <csignal>

#include <boost/asio/signal_set.hpp>

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
  std::vector<std::string> wanted;    ///< who has to be up in the end
  std::vector<std::string> to_start;  ///< whom the daemon has to be asked to start
};

asio::awaitable<beginning> begin(context& c, client& api) {
  beginning b;
  b.launched = co_await ensure_daemon(c, api);
  b.status = read_status(co_await api.get_json("/api/v1/status"));
  const bool named = !c.given.operands.empty();
  for (const auto* s : select(b.status, c.given.operands)) {
    if (!named && left_alone(*s)) continue;
    b.wanted.push_back(s->name);
    // A new daemon starts by itself what it is to start; and what completed is not run again.
    const bool by_itself = s->state == "completed" || (b.launched && s->desired == "up");
    if (named || !by_itself) b.to_start.push_back(s->name);
  }
  co_return b;
}

asio::awaitable<operation_view> bring_up(context& c, client& api, const beginning& b) {
  operation what;
  what.names = b.wanted;
  if (!b.to_start.empty() && b.to_start.size() < b.wanted.size()) {
    co_await api.post_json("/api/v1/start", services_body(b.to_start));
  } else if (!b.to_start.empty()) {
    what.target = "/api/v1/start";
    what.body = services_body(b.to_start);
  }
  operation_view result;
  result.finished = true;
  if (!b.wanted.empty()) result = co_await carry_out(c, api, what);
  if (b.launched) {  // who was quicker than our request is news all the same
    for (auto& t : result.targets) {
      if (t.result == "already") t.result = "done";
    }
  }
  co_return result;
}

asio::awaitable<int> up(context& c, endpoint where) {
  const auto since = wall_now();
  client api(c.io.get_executor(), where);
  const bool attached = !c.given.has("detach");
  // From here on, or Ctrl-C while the daemon starts would leave it behind with the whole stack.
  asio::signal_set signals(c.io.get_executor());
  if (attached) {
    signals.add(SIGINT);
    signals.add(SIGTERM);
  }
  beginning b = co_await begin(c, api);
  if (b.launched) c.say("daemon started, pid " + std::to_string(b.launched->pid));
  c.out.flush();
  if (attached) {
    const std::string start = b.to_start.empty() ? std::string() : services_body(b.to_start);
    attached_stack stack(c, api, std::move(b.launched), b.status, since);
    co_return co_await stack.run(start, signals);
  }
  const auto result = co_await bring_up(c, api, b);
  if (c.given.json) c.out.line(to_text(as_json(result)));
  co_return report(c, operation(), result, "running");
}

}  // namespace

int verb_up(context& c) { return run_on(c.io, up(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

#include "client.hpp"
#include "context.hpp"
#include "gone.hpp"
#include "handlers.hpp"
#include "launch.hpp"
#include "progress.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

/// Over TCP only the connection tells that the daemon is gone.
asio::awaitable<bool> silent(client& api, steady::time_point until) {
  while (co_await daemon_answers(api)) {
    if (steady::now() >= until) co_return false;
    co_await pause(std::chrono::milliseconds(100));
  }
  co_return true;
}

asio::awaitable<int> shut_down(client& api, daemon_end& end, steady::time_point until) {
  const reply answer = co_await api.post("/api/v1/shutdown", "{}");
  if (answer.status / 100 != 2) throw refused(answer);
  const bool local = api.where().how == endpoint::kind::local;
  bool gone = false;
  if (local) {
    gone = co_await end.wait(until);
  } else {
    gone = co_await silent(api, until);
  }
  co_return gone ? 0 : code(exit_code::timed_out);
}

asio::awaitable<int> down(context& c, endpoint where) {
  const auto executor = c.io.get_executor();
  client api(executor, where);
  if (!co_await daemon_answers(api)) {
    c.say("nothing runs");
    if (c.given.json) c.out.line(R"({"down":true,"was_running":false})");
    co_return 0;
  }
  const auto status = read_status(co_await api.get_json("/api/v1/status"));
  daemon_end end(executor, status.daemon, where.how == endpoint::kind::local);
  progress shown(c.err, aim::down, {}, c.given.quiet || c.given.json);
  feed changes(executor, where, shown);
  tasks beside(executor);
  beside.start(run_if_possible(changes, duration(0)));
  beside.start(shown.keep_drawing());
  const int result = co_await with(beside, shut_down(api, end, c.deadline()));
  shown.erase();
  if (result != 0) {
    throw failure(exit_code::timed_out,
                  "timed out after " + human(c.given.timeout.value_or(duration(0))),
                  "the daemon goes on stopping: see `aurorctl status`", shown.unsettled());
  }
  c.say("all stopped, the daemon has ended");
  if (c.given.json) c.out.line(R"({"down":true,"was_running":true})");
  co_return 0;
}

}  // namespace

int verb_down(context& c) { return run_on(c.io, down(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

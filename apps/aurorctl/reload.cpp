#include <fmt/format.h>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "operate.hpp"
#include "plan_view.hpp"
#include "progress.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

constexpr duration longest_wait = std::chrono::hours(24);
constexpr duration reading_takes = std::chrono::seconds(30);

asio::awaitable<int> ask(context& c, client& api, std::string target, duration patience,
                         progress& shown) {
  const auto answer = co_await api.post_json(std::move(target), "{}", patience);
  shown.erase();
  print_steps(c, answer);
  for (const auto& warning : texts_of(answer, "warnings")) {
    c.err.line(c.err.paint(colour::yellow, "warning: ") + neutralise(warning, sgr::strip));
  }
  // A daemon from before there was one has reloaded all the same.
  const bool told = child_of(answer, "operation").is_object();
  co_return told && !c.given.has("no-wait") ? outcome(c, read_operation(answer)) : 0;
}

asio::awaitable<int> reload(context& c, endpoint where) {
  client api(c.io.get_executor(), where);
  const duration wait =
      c.given.has("no-wait") ? duration(0) : c.given.timeout.value_or(longest_wait);
  std::string target = "/api/v1/reload";
  if (wait.count() > 0) {
    target += fmt::format("?wait={}ms", std::chrono::ceil<std::chrono::milliseconds>(wait).count());
  }
  progress shown(c.err, aim::up, {}, c.given.quiet || c.given.json);
  feed changes(c.io.get_executor(), where, shown);
  tasks beside(c.io.get_executor());
  if (wait.count() > 0) {
    beside.start(run_if_possible(changes, std::chrono::seconds(5)));
    beside.start(shown.keep_drawing());
  }
  co_return co_await with(beside, ask(c, api, target, wait + reading_takes, shown));
}

}  // namespace

int verb_reload(context& c) { return run_on(c.io, reload(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

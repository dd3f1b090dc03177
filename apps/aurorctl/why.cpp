#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "units.hpp"
#include "why_text.hpp"

namespace aurora::ctl {
namespace {

asio::awaitable<int> why(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto answer = co_await api.get_json(why_target(c.given.operands.front()));
  if (c.given.json) {
    c.out.line(to_text(answer));
    co_return 0;
  }
  bool first = true;
  for (const auto& explanation : list_of(answer, "explanations")) {
    if (!first) c.out.line("");
    first = false;
    for (const auto& text : explanation_lines(c.out, explanation, wall_now())) c.out.line(text);
  }
  co_return 0;
}

}  // namespace

int verb_why(context& c) { return run_on(c.io, why(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

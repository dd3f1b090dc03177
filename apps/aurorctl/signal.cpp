#include <boost/json/serialize.hpp>

#include <aurora/exit_status.hpp>

#include "client.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

asio::awaitable<int> send(context& c, endpoint where, int number) {
  client api(c.io.get_executor(), std::move(where));
  const std::string& name = c.given.operands[0];
  json::object body;
  body["signal"] = signal_name(number);
  const reply answer =
      co_await api.post("/api/v1/services/" + url_encode(name) + "/signal", json::serialize(body));
  if (answer.status / 100 != 2) throw refused(answer);
  if (c.given.json) {
    c.out.line(answer.body.empty() ? "{}" : to_text(parse_answer(answer.body)));
  } else {
    c.say(signal_name(number) + " sent to " + name);
  }
  co_return 0;
}

}  // namespace

int verb_signal(context& c) {
  const int number = signal_number(c.given.operands[1]);
  if (number == 0) {
    throw failure(exit_code::usage, "there is no signal \"" + c.given.operands[1] + "\"",
                  "try \"HUP\", \"SIGUSR1\" or a number from 1 to 64");
  }
  return run_on(c.io, send(c, find_endpoint(c.given), number));
}

}  // namespace aurora::ctl

#include "operate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "describe.hpp"
#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

constexpr duration longest_wait = std::chrono::hours(24);
constexpr duration between_polls = std::chrono::milliseconds(25);
constexpr duration comes_back_within = std::chrono::seconds(5);

target_view judge(const service_view& s, aim goal, const status_view& all) {
  target_view t{s.name, "pending", s.state, note_of(s, all)};
  const bool up = goal == aim::up;
  if (up ? s.up() : s.down()) t.result = "done";
  if (up && (s.state == "failed" || s.desired == "down")) t.result = "failed";
  return t;
}

/// The state of things by `status`: what is left when the answer itself got lost.
asio::awaitable<operation_view> poll(client& api, const operation& what, steady::time_point until) {
  auto reachable_until = steady::now() + comes_back_within;
  for (;;) {
    std::exception_ptr fault;
    operation_view result;
    try {
      const auto status = read_status(co_await api.get_json("/api/v1/status"));
      reachable_until = steady::now() + comes_back_within;
      result.finished = true;
      for (const auto* s : select(status, what.names)) {
        if (what.names.empty() && what.goal == aim::up && s->desired == "down") continue;
        result.targets.push_back(judge(*s, what.goal, status));
        if (result.targets.back().result == "pending") result.finished = false;
      }
    } catch (const failure& lost) {
      if (lost.code != exit_code::no_daemon || steady::now() > reachable_until) {
        fault = std::current_exception();
      }
    }
    if (fault) std::rethrow_exception(fault);
    if (result.finished || steady::now() >= until) co_return result;
    co_await pause(between_polls);
  }
}

asio::awaitable<operation_view> ask(client& api, const operation& what, steady::time_point until) {
  if (what.target.empty()) co_return co_await poll(api, what, until);
  const auto left = until == steady::time_point::max()
                        ? longest_wait
                        : std::max<duration>(until - steady::now(), std::chrono::milliseconds(1));
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::min(left, longest_wait));
  const std::string target = fmt::format("{}?wait={}ms", what.target, wait.count());
  operation_view result;
  bool lost = false;
  try {
    result = read_operation(co_await api.post_json(target, what.body, wait + answer_limit));
  } catch (const failure& error) {
    lost = error.code == exit_code::no_daemon;
    if (!lost) throw;
  }
  const bool early = !result.finished && steady::now() + std::chrono::milliseconds(50) < until;
  if (lost || early) co_return co_await poll(api, what, until);
  co_return result;
}

asio::awaitable<void> keep_result(client& api, const operation& what, steady::time_point until,
                                  operation_view& into, latch& done) {
  auto answer = co_await ask(api, what, until);
  into = std::move(answer);
  done.set();
}

/// A daemon that answers nothing for twice as long as an answer may take is gone for us.
asio::awaitable<void> guard(asio::any_io_executor executor, endpoint where) {
  client beside(std::move(executor), std::move(where));
  auto answered = steady::now();
  for (;;) {
    co_await pause(answer_limit);
    std::exception_ptr fault;
    try {
      co_await beside.get("/healthz");
      answered = steady::now();
    } catch (const failure&) {
      if (steady::now() - answered > 2 * answer_limit) fault = std::current_exception();
    }
    if (fault) std::rethrow_exception(fault);
  }
}

asio::awaitable<int> until_set(latch& done) {
  co_await done.wait();
  co_return 0;
}

}  // namespace

asio::awaitable<operation_view> carry_out(context& c, client& api, operation what) {
  if (!what.wait) {
    co_return read_operation(co_await api.post_json(what.target, what.body));
  }
  const auto executor = co_await asio::this_coro::executor;
  operation_view result;
  latch done(executor);
  progress shown(c.err, what.goal, what.names, c.given.quiet || c.given.json);
  feed changes(executor, api.where(), shown);
  tasks beside(executor);
  beside.wake_on_fault(&done);
  beside.start(run_if_possible(changes, comes_back_within));
  beside.start(shown.keep_drawing());
  beside.start(guard(executor, api.where()));
  beside.start(keep_result(api, what, c.deadline(), result, done));
  std::exception_ptr fault;
  try {
    co_await with(beside, until_set(done));
  } catch (...) {
    fault = std::current_exception();
  }
  shown.erase();
  if (fault) std::rethrow_exception(fault);
  co_return result;
}

namespace {

std::vector<std::string> named(const operation_view& from, std::string_view result) {
  std::vector<std::string> names;
  for (const auto& t : from.targets) {
    if (t.result == result) names.push_back(t.name);
  }
  return names;
}

/// "web and db are running", or for many "12 services are running".
std::string sentence(const std::vector<std::string>& names, std::string_view past) {
  if (names.empty()) return {};
  const std::string who =
      names.size() > 5 ? fmt::format("{} services", names.size()) : enumerate(names);
  return fmt::format("{} {} {}", who, names.size() == 1 ? "is" : "are", past);
}

void tell_failed(context& c, const target_view& t) {
  std::string what = t.name + " is " + (t.state.empty() ? "failed" : t.state);
  if (!t.detail.empty()) what = t.name + " failed: " + t.detail;
  tell(c.err, {exit_code::failed, what, "see `aurorctl why " + t.name + "`"});
}

}  // namespace

int report(context& c, const operation& what, const operation_view& result, std::string_view past) {
  if (!what.wait) {
    const auto all = result.targets.size();
    c.say(all == 1 ? "asked: " + result.targets.front().name
                   : fmt::format("asked: {} services", all));
  } else {
    auto settled = named(result, "done");
    const auto already = named(result, "already");
    if (!settled.empty()) c.say(sentence(settled, past));
    if (!already.empty()) c.say(sentence(already, "already " + std::string(past)));
    if (result.targets.empty()) c.say("nothing to do");
  }
  if (what.wait) return outcome(c, result);
  operation_view asked = result;  // who has not come up yet is no failure of the asking
  asked.finished = true;
  return outcome(c, asked);
}

int outcome(context& c, const operation_view& result) {
  c.out.flush();
  for (const auto& t : result.targets) {
    if (t.result == "failed") tell_failed(c, t);
  }
  if (!named(result, "failed").empty()) return code(exit_code::failed);
  if (result.finished) return 0;
  std::vector<std::string> pending;
  for (const auto& t : result.targets) {
    if (t.result != "pending") continue;
    pending.push_back(t.name + " is " + t.state + (t.detail.empty() ? "" : ": " + t.detail));
  }
  tell(c.err, {exit_code::timed_out,
               c.given.timeout ? "timed out after " + human(*c.given.timeout) : "not finished",
               "the daemon goes on with it: see `aurorctl status`", std::move(pending)});
  return code(exit_code::timed_out);
}

int operate(context& c, operation what, std::string_view past) {
  const endpoint where = find_endpoint(c.given);
  what.wait = !c.given.has("no-wait");
  if (what.body.empty()) {
    what.names = c.given.operands;
    what.body = services_body(what.names);
  }
  client api(c.io.get_executor(), where);
  auto result = run_on(c.io, carry_out(c, api, what));
  if (what.stopped_is_fine) {
    std::erase_if(result.targets, [](const target_view& t) { return t.state == "stopped"; });
  }
  if (c.given.json) c.out.line(to_text(as_json(result)));
  return report(c, what, result, past);
}

}  // namespace aurora::ctl

#include "server/handlers.hpp"

#include <algorithm>

#include <aurora/version.hpp>

#include "server/data_handlers.hpp"
#include "server/publisher.hpp"
#include "wire/answers.hpp"
#include "wire/openapi.hpp"
#include "wire/requests.hpp"
#include "wire/times.hpp"

namespace aurora::server {
namespace {

using boost::asio::awaitable;
using wire::endpoint;

reply text_reply(std::string body) {
  reply out;
  out.type = "text/plain; charset=utf-8";
  out.body = std::move(body);
  return out;
}

template <class T>
reply reply_to(const answer<T>& result, int status = 200) {
  return result ? json_reply(status, wire::to_json(*result)) : problem_reply(result.error());
}

/// "db (waiting), web (backoff)": whom readiness waits for.
std::string not_ready(const stack_status& stack) {
  std::string out;
  for (const auto& service : stack.services) {
    const auto& is = service.instance;
    const bool fine = is.desired == desired_state::down || is.state == state::completed ||
                      (is.state == state::running && is.health != health::unhealthy);
    if (fine) continue;
    if (!out.empty()) out += ", ";
    out += is.name + " (" + std::string(to_string(is.state)) + ")";
  }
  return out;
}

reply readiness(backend& from) {
  if (from.ready()) return text_reply("ready\n");
  problem fault;
  fault.status = 503;
  fault.type = "not-ready";
  fault.title = "not all wanted services are ready";
  fault.detail = not_ready(from.status());
  return problem_reply(fault);
}

reply events(backend& from, const wire::query& query) {
  const auto since = query.number("since", 0, UINT64_MAX);
  const auto limit = query.number("limit", 1000, publisher::most_kept);
  const auto last = query.number("last", 0, publisher::most_kept);
  if (!since) return problem_reply(since.error());
  if (!limit) return problem_reply(limit.error());
  if (!last) return problem_reply(last.error());
  if (!query.has("last")) {
    return json_reply(200, wire::to_json(from.events(*since, static_cast<std::size_t>(*limit))));
  }
  auto all = from.events(0, publisher::most_kept);
  const auto skip = all.size() - std::min(all.size(), static_cast<std::size_t>(*last));
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(skip));
  return json_reply(200, wire::to_json(all));
}

/// `?wait=30s`; nothing where it is not asked for.
answer<std::optional<duration>> wait_of(const wire::query& query) {
  if (!query.has("wait")) return std::optional<duration>();
  const auto wait = wire::parse_duration(query.text("wait"));
  if (!wait) {
    return wire::bad_request("the query parameter \"wait\" is not right",
                             "\"" + std::string(query.text("wait")) + "\" is not a duration",
                             "try \"30s\"");
  }
  return wait;
}

/// 202 while it goes on, also where the wait has run out.
reply operation_reply(const answer<operation_report>& result) {
  return reply_to(result, result && result->finished ? 200 : 202);
}

awaitable<reply> operate(backend& from, verb what, std::vector<std::string> names,
                         std::optional<duration> wait) {
  const auto result = co_await from.operate(what, std::move(names), wait);
  co_return operation_reply(result);
}

awaitable<reply> operate_one(backend& from, verb what, api_call call,
                             std::optional<duration> wait) {
  const auto body = wire::parse_empty(call.body);
  if (!body) co_return problem_reply(body.error());
  std::vector<std::string> names;
  names.push_back(std::move(call.name));
  co_return co_await operate(from, what, std::move(names), wait);
}

awaitable<reply> operate_many(backend& from, verb what, api_call call,
                              std::optional<duration> wait) {
  auto names = wire::parse_names(call.body);
  if (!names) co_return problem_reply(names.error());
  co_return co_await operate(from, what, std::move(*names), wait);
}

reply signal(backend& from, const api_call& call) {
  const auto number = wire::parse_signal(call.body);
  if (!number) return problem_reply(number.error());
  const auto result = from.signal(call.name, *number);
  if (!result) return problem_reply(result.error());
  operation_report done;
  done.finished = true;
  return json_reply(200, wire::to_json(done));
}

reply shutdown(backend& from, const api_call& call) {
  const auto body = wire::parse_empty(call.body);
  if (!body) return problem_reply(body.error());
  const auto force = call.query.flag("force");
  if (!force) return problem_reply(force.error());
  if (*force) {
    from.force_shutdown();
  } else {
    from.shutdown();
  }
  return json_reply(202, wire::to_json(operation_report{}));
}

awaitable<reply> scale(backend& from, api_call call, std::optional<duration> wait) {
  const auto instances = wire::parse_scale(call.body);
  if (!instances) co_return problem_reply(instances.error());
  const auto result = co_await from.scale(std::move(call.name), *instances, wait);
  co_return operation_reply(result);
}

awaitable<reply> plan(backend& from, api_call call) {
  const auto body = wire::parse_empty(call.body);
  if (!body) co_return problem_reply(body.error());
  const auto result = co_await from.plan();
  co_return reply_to(result);
}

awaitable<reply> reload(backend& from, api_call call, std::optional<duration> wait) {
  const auto body = wire::parse_empty(call.body);
  if (!body) co_return problem_reply(body.error());
  const auto result = co_await from.reload(wait);
  co_return reply_to(result, result && result->operation.finished ? 200 : 202);
}

awaitable<reply> upgrade(backend& from, api_call call) {
  const auto body = wire::parse_empty(call.body);
  if (!body) co_return problem_reply(body.error());
  const auto result = co_await from.upgrade();
  co_return reply_to(result, 202);
}

awaitable<reply> check(backend& from, api_call call) {
  auto names = wire::parse_names(call.body);
  if (!names) co_return problem_reply(names.error());
  const auto result = co_await from.check(std::move(*names));
  co_return reply_to(result);
}

awaitable<reply> why(backend& from, api_call call) {
  const auto result = co_await from.why(std::move(call.name));
  co_return reply_to(result);
}

reply no_such_route() { return refusal(404, "there is no such path"); }

}  // namespace

bool answers_at_once(endpoint id) {
  switch (id) {
    case endpoint::status:
    case endpoint::services:
    case endpoint::graph:
    case endpoint::events:
    case endpoint::openapi:
    case endpoint::healthz:
    case endpoint::readyz:
    case endpoint::signal:
    case endpoint::shutdown:
      return true;
    default:
      return false;
  }
}

reply answer_now(backend& from, const api_call& call) {
  switch (call.to->id) {
    case endpoint::status:
      return json_reply(200, wire::to_json(from.status()));
    case endpoint::services:
      return reply_to(from.services({call.name}));
    case endpoint::graph:
      return json_reply(200, wire::to_json(from.graph()));
    case endpoint::events:
      return events(from, call.query);
    case endpoint::openapi:
      return json_reply(200, wire::openapi_document(aurora::version));
    case endpoint::healthz:
      return text_reply("ok\n");
    case endpoint::readyz:
      return readiness(from);
    case endpoint::signal:
      return signal(from, call);
    case endpoint::shutdown:
      return shutdown(from, call);
    default:
      return no_such_route();
  }
}

awaitable<reply> answer_later(backend& from, api_call call) {
  const auto wait = wait_of(call.query);
  if (!wait) co_return problem_reply(wait.error());
  switch (call.to->id) {
    case endpoint::why:
      co_return co_await why(from, std::move(call));
    case endpoint::start_one:
      co_return co_await operate_one(from, verb::start, std::move(call), *wait);
    case endpoint::stop_one:
      co_return co_await operate_one(from, verb::stop, std::move(call), *wait);
    case endpoint::restart_one:
      co_return co_await operate_one(from, verb::restart, std::move(call), *wait);
    case endpoint::start:
      co_return co_await operate_many(from, verb::start, std::move(call), *wait);
    case endpoint::stop:
      co_return co_await operate_many(from, verb::stop, std::move(call), *wait);
    case endpoint::restart:
      co_return co_await operate_many(from, verb::restart, std::move(call), *wait);
    case endpoint::scale:
      co_return co_await scale(from, std::move(call), *wait);
    case endpoint::plan:
      co_return co_await plan(from, std::move(call));
    case endpoint::reload:
      co_return co_await reload(from, std::move(call), *wait);
    case endpoint::upgrade:
      co_return co_await upgrade(from, std::move(call));
    case endpoint::check:
      co_return co_await check(from, std::move(call));
    default:
      co_return co_await answer_data(from, std::move(call));
  }
}

}  // namespace aurora::server

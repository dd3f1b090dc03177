#include "server/session.hpp"

#include <algorithm>

#include <boost/beast/websocket/rfc6455.hpp>

#include "server/unless_gone.hpp"

namespace aurora::server {
namespace {

using boost::asio::awaitable;
using wire::endpoint;

std::string_view text(boost::beast::string_view from) { return {from.data(), from.size()}; }

reply forbidden() {
  problem fault;
  fault.status = 403;
  fault.type = "forbidden";
  fault.title = "this user may not use the control socket";
  fault.hint = "run it as the user of the daemon, or as root, or as a member of control.group";
  reply out = problem_reply(fault);
  out.close = out.unread = true;
  return out;
}

reply not_found(std::string_view path) {
  problem fault;
  fault.status = 404;
  fault.type = "no-such-path";
  fault.title = "there is no such path";
  fault.detail = path;
  fault.hint = "GET /api/v1/openapi.json lists them";
  return problem_reply(fault);
}

reply wrong_method(const wire::path_match& found) {
  problem fault;
  fault.status = 405;
  fault.type = "method-not-allowed";
  fault.title = "this path does not take that method";
  fault.detail = "allowed: " + wire::allowed_methods(found);
  reply out = problem_reply(fault);
  out.allow = wire::allowed_methods(found);
  return out;
}

reply wrong_media_type() {
  problem fault;
  fault.status = 415;
  fault.type = "unsupported-media-type";
  fault.title = "a request body must be application/json";
  fault.hint = "add the header \"Content-Type: application/json\"";
  return problem_reply(fault);
}

reply must_upgrade() {
  problem fault;
  fault.status = 426;
  fault.type = "upgrade-required";
  fault.title = "this path is a WebSocket";
  reply out = problem_reply(fault);
  out.upgrade = "websocket";
  return out;
}

std::string_view trimmed(std::string_view words) {
  const auto from = std::min(words.find_first_not_of(" \t"), words.size());
  words.remove_prefix(from);
  return words.substr(0, words.find_last_not_of(" \t") + 1);
}

bool same(std::string_view a, boost::beast::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, b);
}

/// "application/json", with or without "; charset=utf-8"; anything else is something else: a page
/// of a foreign site could send it without being asked for permission first.
bool is_json(std::string_view type) {
  const auto end = std::min(type.find(';'), type.size());
  if (!same(trimmed(type.substr(0, end)), "application/json")) return false;
  if (end == type.size()) return true;
  const auto parameter = trimmed(type.substr(end + 1));
  return same(parameter, "charset=utf-8") || same(parameter, "charset=\"utf-8\"");
}

const wire::route* route_for(const wire::path_match& found, boost::beast::http::verb method) {
  using verb = boost::beast::http::verb;
  if (method == verb::get || method == verb::head) return found.get;
  return method == verb::post ? found.post : nullptr;
}

}  // namespace

awaitable<void> session::run() {
  while (!with_.stopping) {
    const bool more = co_await one_request();
    if (!more) break;
  }
  connection_.close();
}

awaitable<bool> session::one_request() {
  bool sound = co_await connection_.read_head();
  if (sound) {
    const auto target = wire::split_target(text(connection_.request().target()));
    auto found = wire::find_route(target.path);
    auto fault = check(found);
    if (fault) co_return co_await connection_.send(std::move(*fault));
    api_call call;
    call.to = route_for(found, connection_.request().method());
    auto query = wire::query::parse(*call.to, target.query);
    if (!query) {
      reply out = problem_reply(query.error());
      out.close = out.unread = connection_.has_body();
      co_return co_await connection_.send(std::move(out));
    }
    call.name = std::move(found.name);
    call.query = std::move(*query);
    call.accept = text(connection_.request()[boost::beast::http::field::accept]);
    if (connection_.has_body()) sound = co_await connection_.read_body();
    if (sound) {
      call.body = connection_.request().body();
      co_return co_await dispatch(std::move(call));
    }
  }
  auto fault = connection_.fault();
  if (!fault) co_return false;
  co_return co_await connection_.send(std::move(*fault));
}

/// Everything that can be said before the body is read.
std::optional<reply> session::check(const wire::path_match& found) const {
  const auto& request = connection_.request();
  const bool has_body = connection_.has_body();
  std::optional<reply> out;
  if (peer_ == admission::forbidden) return forbidden();
  if (!found) {
    out = not_found(wire::split_target(text(request.target())).path);
  } else if (route_for(found, request.method()) == nullptr) {
    out = wrong_method(found);
  } else if (has_body && request.method() != boost::beast::http::verb::post) {
    out = refusal(400, "a " + std::string(text(request.method_string())) + " takes no body");
  } else if (has_body && !is_json(text(request[boost::beast::http::field::content_type]))) {
    out = wrong_media_type();
  } else if (request.count(boost::beast::http::field::expect) != 0 &&
             !boost::beast::iequals(request[boost::beast::http::field::expect], "100-continue")) {
    out = refusal(417, "only \"Expect: 100-continue\" is understood");
  }
  if (out && has_body) out->close = out->unread = true;  // the body stays unread
  return out;
}

awaitable<bool> session::dispatch(api_call call) {
  const endpoint id = call.to->id;
  if (id == endpoint::stream) co_return co_await upgrade(call);
  if (id == endpoint::logs) co_return co_await stream_logs(std::move(call));
  if (id == endpoint::events && call.query.has("follow")) {
    co_return co_await follow_events(std::move(call));
  }
  if (answers_at_once(id)) {
    auto out = answer_now(with_.answers, call);
    co_return co_await connection_.send(std::move(out));
  }
  auto work = answer_later(with_.answers, std::move(call));
  auto out = co_await unless_gone(connection_, std::move(work));
  if (!out) co_return false;
  co_return co_await connection_.send(std::move(*out));
}

awaitable<bool> session::upgrade(const api_call& call) {
  const auto number = call.query.number("since", 0, UINT64_MAX);
  if (!number) co_return co_await connection_.send(problem_reply(number.error()));
  std::optional<std::uint64_t> since;
  if (call.query.has("since")) since = *number;
  if (!boost::beast::websocket::is_upgrade(connection_.request())) {
    co_return co_await connection_.send(must_upgrade());
  }
  co_await serve_web_socket(connection_, with_, since);
  co_return false;
}

awaitable<bool> session::follow_events(api_call call) {
  const auto follow = call.query.flag("follow");
  const auto since = call.query.number("since", with_.events.last_sequence(), UINT64_MAX);
  std::optional<reply> out;
  if (!follow) out = problem_reply(follow.error());
  if (!since) out = problem_reply(since.error());
  if (follow && !*follow) out = answer_now(with_.answers, call);
  if (out) co_return co_await connection_.send(std::move(*out));
  auto work = stream_events(connection_, with_, *since);
  const auto more = co_await unless_gone(connection_, std::move(work));
  co_return more.value_or(false);
}

awaitable<bool> session::stream_logs(api_call call) {
  auto work = stream_log_lines(connection_, with_, std::move(call));
  const auto more = co_await unless_gone(connection_, std::move(work));
  co_return more.value_or(false);
}

}  // namespace aurora::server

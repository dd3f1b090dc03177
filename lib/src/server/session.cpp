#include "server/session.hpp"

#include <algorithm>

#include <boost/beast/websocket/rfc6455.hpp>

#include "server/page.hpp"
#include "server/unless_gone.hpp"
#include "wire/answers.hpp"
#include "wire/requests.hpp"

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

reply must_upgrade() {
  problem fault;
  fault.status = 426;
  fault.type = "upgrade-required";
  fault.title = "this path is a WebSocket";
  reply out = problem_reply(fault);
  out.upgrade = "websocket";
  return out;
}

/// `what` in the shape of the gate, as a reply. The body, if any, stays unread.
reply refused(wire::gate_refusal what, bool has_body) {
  reply out = problem_reply(what.why);
  out.allow = std::move(what.allow);
  out.close = what.closes || has_body;
  out.unread = has_body;
  return out;
}

reply unauthorized() {
  reply out = problem_reply(wire::not_signed_in());
  out.fields.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

reply locked_out(duration wait) {
  reply out = problem_reply(wire::too_many_failures());
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  out.fields.emplace_back("Retry-After", std::to_string(seconds));
  return out;
}

template <class Request>
wire::request_head head_of(const Request& request, bool has_body) {
  using field = boost::beast::http::field;
  wire::request_head out;
  out.method = text(request.method_string());
  out.path = wire::split_target(text(request.target())).path;
  out.host = text(request[field::host]);
  if (request.count(field::origin) != 0) out.origin = text(request[field::origin]);
  out.fetch_site = text(request["Sec-Fetch-Site"]);
  out.fetch_mode = text(request["Sec-Fetch-Mode"]);
  out.authorization = text(request[field::authorization]);
  out.content_type = text(request[field::content_type]);
  out.expect = text(request[field::expect]);
  out.has_body = has_body;
  return out;
}

bool is_stream(const wire::path_match& found) {
  return found.get != nullptr && found.get->id == endpoint::stream;
}

/// What a body asks for, short: for the audit.
std::string told_of(const api_call& call) {
  constexpr std::size_t most = 200;
  using kind = wire::body_kind;
  const auto body = call.to->body;
  if (call.body.empty() || (body != kind::names && body != kind::signal && body != kind::scale)) {
    return {};
  }
  return " " + call.body.substr(0, most) + (call.body.size() > most ? "…" : "");
}

}  // namespace

awaitable<void> session::run() {
  bool more = co_await connection_.handshake();
  while (more && !with_.stopping) more = co_await one_request();
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
    call.to = wire::route_for(found, text(connection_.request().method_string()));
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

/// Everything that can be said before the body is read, in the order of wire/gate.hpp.
std::optional<reply> session::check(const wire::path_match& found) {
  if (!caller_.may_enter) return forbidden();
  const bool has_body = connection_.has_body();
  const auto head = head_of(connection_.request(), has_body);
  if (caller_.where == wire::entrance::tcp) {
    if (auto out = check_tcp(head, found)) {
      if (has_body) out->close = out->unread = true;
      return out;
    }
  } else {
    who_ = wire::identity{wire::role::operate, std::nullopt, {}};
  }
  auto fault = wire::check_form(head, found, caller_.where);
  if (!fault) return std::nullopt;
  return refused(std::move(*fault), has_body);
}

std::optional<reply> session::check_tcp(const wire::request_head& head,
                                        const wire::path_match& found) {
  if (auto fault = wire::check_names(head, found, caller_.names)) {
    return refused(std::move(*fault), head.has_body);
  }
  const auto needed = wire::needed_role(head, found);
  if (!needed) return std::nullopt;
  if (auto out = identify(head, found)) return out;
  if (!who_) return std::nullopt;
  auto fault = wire::check_role(head, *needed, who_->may);
  if (!fault) return std::nullopt;
  with_.answers.audit(
      backend::audit_kind::refused,
      "refused: " + fault->why.detail + " by " + door_.name(*who_) + ", which may only read");
  return refused(std::move(*fault), head.has_body);
}

/// Sets `who_`. A WebSocket may come without credentials, because a browser cannot give them: it
/// tells them in its first message.
std::optional<reply> session::identify(const wire::request_head& head,
                                       const wire::path_match& found) {
  if (head.authorization.empty()) {
    who_.reset();
    shown_.clear();
    if (is_stream(found) && boost::beast::websocket::is_upgrade(connection_.request())) return {};
    return unauthorized();
  }
  if (who_ && !shown_.empty() && shown_ == head.authorization && !doorway::is_over(*who_))
    return {};
  who_.reset();
  shown_.clear();
  if (door_.limited()) return locked_out(door_.wait());
  who_ = door_.who(wire::bearer(head.authorization).value_or(""));
  if (!who_) return unauthorized();
  shown_ = head.authorization;
  return std::nullopt;
}

void session::audit(std::string_view what, std::string_view result) {
  std::string line(what);
  line += " by " + (who_ ? door_.name(*who_) : caller_.shown) + ": ";
  line += result;
  with_.answers.audit(backend::audit_kind::change, line);
}

awaitable<bool> session::dispatch(api_call call) {
  const endpoint id = call.to->id;
  if (id == endpoint::stream) co_return co_await upgrade(call);
  if (id == endpoint::logs) co_return co_await stream_logs(std::move(call));
  if (id == endpoint::events && call.query.has("follow")) {
    co_return co_await follow_events(std::move(call));
  }
  co_return co_await answer(std::move(call));
}

awaitable<bool> session::answer(api_call call) {
  std::string what;
  if (wire::is_change(*call.to)) {
    what = "POST " + std::string(text(connection_.request().target())) + told_of(call);
  }
  std::optional<reply> out;
  if (call.to->id == endpoint::session) {
    out = sign_in(call);
  } else if (call.to->id == endpoint::codes) {
    out = give_code(call);
  } else if (call.to->id == endpoint::page || call.to->id == endpoint::asset) {
    out = page_file_reply();
  } else if (answers_at_once(call.to->id)) {
    out = answer_now(with_.answers, call);
  } else {
    auto work = answer_later(with_.answers, std::move(call));
    out = co_await unless_gone(connection_, std::move(work));
  }
  if (!what.empty()) audit(what, out ? std::to_string(out->status) : "gone before the answer");
  if (!out) co_return false;
  co_return co_await connection_.send(std::move(*out));
}

reply session::page_file_reply() const {
  using field = boost::beast::http::field;
  const auto& request = connection_.request();
  const auto path = wire::split_target(text(request.target())).path;
  return page_reply(with_.options.page, path, text(request[field::accept_encoding]),
                    text(request[field::if_none_match]));
}

reply session::give_code(const api_call& call) {
  const auto may = wire::parse_code_for(call.body);
  if (!may) return problem_reply(may.error());
  wire::code_answer told;
  told.code = door_.make_code(*may);
  told.life = wire::sign_in::code_life;
  told.may = *may;
  if (const auto url = with_.answers.http_url(); !url.empty()) {
    told.url = url + "/#code=" + told.code;
  }
  return json_reply(200, wire::to_json(told));
}

reply session::sign_in(const api_call& call) {
  const auto code = wire::parse_code(call.body);
  if (!code) return problem_reply(code.error());
  if (door_.limited()) return locked_out(door_.wait());
  const auto made = door_.trade(*code);
  if (!made) return problem_reply(wire::no_such_code());
  with_.answers.audit(
      backend::audit_kind::change,
      "signed in (" + std::string(wire::to_string(made->who.may)) + "): " + door_.name(made->who));
  wire::session_answer told{made->session.text, made->who.may, made->session.until};
  return json_reply(200, wire::to_json(told));
}

awaitable<bool> session::upgrade(const api_call& call) {
  const auto number = call.query.number("since", 0, UINT64_MAX);
  if (!number) co_return co_await connection_.send(problem_reply(number.error()));
  std::optional<std::uint64_t> since;
  if (call.query.has("since")) since = *number;
  if (!boost::beast::websocket::is_upgrade(connection_.request())) {
    co_return co_await connection_.send(must_upgrade());
  }
  stream_entry entry{door_, who_, on_stream};
  co_await serve_web_socket(connection_, with_, since, std::move(entry));
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

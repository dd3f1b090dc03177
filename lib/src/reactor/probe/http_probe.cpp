#include "reactor/probe/http_probe.hpp"

#include <optional>

#include <fmt/format.h>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "reactor/probe/dial.hpp"
#include "reactor/probe/http_answer.hpp"
#include "reactor/task_scope.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

probe_outcome failed(std::string text) {
  probe_outcome outcome;
  outcome.text = std::move(text);
  return outcome;
}

/// The prober adds how long it was: "timed out after 2s while connecting".
probe_outcome late(std::string_view doing) { return failed(fmt::format("timed out {}", doing)); }

/// What goes out without waiting: on a fresh connection that is all of a request.
std::size_t write_now(tcp::socket& socket, std::string_view bytes) {
  error_code ec;
  const auto sent = socket.write_some(asio::buffer(bytes), ec);
  return ec ? 0 : sent;
}
std::size_t write_now(tls_stream&, std::string_view) { return 0; }

/// Asks and reads until `answer` is decided. The error's text, empty: it is.
template <class Stream>
asio::awaitable<std::string> converse(Stream& stream, std::string request, http_answer& answer) {
  const auto sent = write_now(stream, request);
  if (sent < request.size()) {
    const auto rest = asio::buffer(request.data() + sent, request.size() - sent);
    auto [ec, n] = co_await asio::async_write(stream, rest, tok);
    if (ec) co_return fmt::format("{} while asking", error_words(ec));
  }
  for (;;) {
    const auto space = answer.space();
    auto [ec, n] = co_await stream.async_read_some(space, tok);
    if (n > 0 && answer.received(n)) co_return std::string();
    if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
      answer.ended();
      co_return std::string();
    }
    if (ec)
      co_return fmt::format("{} while {}", error_words(ec),
                            answer.header_done() ? "reading the body" : "waiting for the answer");
  }
}

/// Addresses, and a connection to one of them; the failure where there is none.
asio::awaitable<std::optional<probe_outcome>> connect(probe_room& room, const host_port& at,
                                                      tcp::socket& socket, deadline& limit) {
  auto found = co_await room.names.resolve(at, limit);
  if (found.addresses.empty()) {
    if (found.fault.empty()) co_return late(fmt::format("while resolving '{}'", at.host));
    co_return failed(std::move(found.fault));
  }
  const std::string first = to_text(found.addresses.front());
  auto why = co_await dial(socket, std::move(found.addresses), limit);
  if (limit.passed()) co_return late(fmt::format("while connecting to {}", first));
  if (!why.empty()) co_return failed(std::move(why));
  co_return std::nullopt;
}

asio::awaitable<std::string> converse_in_tls(probe_room& room, tls_trust trust,
                                             const std::string& host, tcp::socket& socket,
                                             std::string request, http_answer& answer,
                                             deadline& limit, bool& secured) {
  std::string why;
  const auto context = co_await room.tls.get(trust, limit, why);
  if (!context) co_return why;
  tls_stream stream(socket, *context);
  why = co_await handshake(stream, host, limit);
  if (!why.empty() || limit.passed()) co_return why;
  secured = true;
  limit.cancels(socket);
  why = co_await converse(stream, std::move(request), answer);
  limit.cancels_nothing();
  co_return why;
}

}  // namespace

probe_room::probe_room(asio::any_io_executor with, worker_pool& workers, resolve_function resolve)
    : executor(with),
      deadlines(std::make_shared<deadline_set>(with)),
      names(with, std::move(resolve)),
      tls(with, workers) {}

asio::awaitable<probe_outcome> probe_tcp(probe_room& room, const tcp_request& asked,
                                         deadline& limit) {
  const auto at = parse_address(asked.address);
  if (!at) co_return failed(at.error().text);
  tcp::socket socket(room.executor);
  auto failure = co_await connect(room, *at, socket, limit);
  if (failure) co_return std::move(*failure);
  probe_outcome outcome;
  outcome.healthy = true;
  outcome.text = "connected";
  co_return outcome;
}

asio::awaitable<probe_outcome> probe_http(probe_room& room, const http_request& asked,
                                          deadline& limit) {
  const auto url = parse_url(asked.url);
  if (!url) co_return failed(url.error().text);
  auto request = write_request(asked, *url);
  if (!request) co_return failed(request.error().text);
  std::shared_ptr<const re2::RE2> pattern;
  if (!asked.body.empty()) pattern = room.bodies.get(asked.body);
  if (pattern && !pattern->ok())
    co_return failed(fmt::format("the body pattern is not valid: {}", pattern->error()));

  tcp::socket socket(room.executor);
  auto failure = co_await connect(room, url->at, socket, limit);
  if (failure) co_return std::move(*failure);

  http_answer answer(pattern ? http_answer::part::body : http_answer::part::header,
                     asked.method == "HEAD");
  std::string why;
  bool secured = !url->tls;
  if (url->tls) {
    const auto trust = asked.tls_verify ? tls_trust::verify : tls_trust::anyone;
    why = co_await converse_in_tls(room, trust, url->at.host, socket, std::move(*request), answer,
                                   limit, secured);
  } else {
    limit.cancels(socket);
    why = co_await converse(socket, std::move(*request), answer);
    limit.cancels_nothing();
  }
  if (limit.passed() && (!why.empty() || !secured))
    co_return late(!secured               ? "in the TLS handshake"
                   : answer.header_done() ? "while reading the body"
                                          : "while waiting for the answer");
  if (!why.empty()) co_return failed(std::move(why));
  co_return judge(answer, asked, *url, pattern.get());
}

}  // namespace aurora::reactor

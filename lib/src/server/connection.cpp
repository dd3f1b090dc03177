#include "server/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/serializer.hpp>

#include "reactor/task_scope.hpp"
#include "wire/answers.hpp"
#include "wire/request_gate.hpp"
#include "wire/times.hpp"

namespace aurora::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using reactor::tok;

constexpr std::size_t read_size = 4096;
constexpr std::size_t most_unread = 64 * 1024;  // read after a refusal, so that it is not lost
constexpr auto linger_time = std::chrono::seconds(1);

std::string_view view(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

/// What an answer has whatever it is.
void common_fields(http::fields& fields) {
  std::string date;
  wire::append_http_date(
      date, std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  fields.set(http::field::date, date);
  fields.set(http::field::cache_control, "no-store");
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Cross-Origin-Resource-Policy", "same-origin");
}

/// The header, whole: of a field a buffer each, not all of it might fit into one write.
std::string text_of(const http::response<http::empty_body>& answer) {
  http::response_serializer<http::empty_body> serializer(answer);
  serializer.split(true);
  std::string text;
  error_code ec;
  while (!ec && !serializer.is_header_done()) {
    serializer.next(ec, [&](error_code&, const auto& buffers) {
      text += beast::buffers_to_string(buffers);
      serializer.consume(asio::buffer_size(buffers));
    });
  }
  return text;
}

}  // namespace

reply json_reply(int status, std::string body) {
  reply out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

reply problem_reply(const problem& fault) {
  reply out = json_reply(fault.status, wire::to_json(fault));
  out.type = "application/problem+json";
  return out;
}

reply refusal(int status, std::string title, std::string detail) {
  problem fault;
  fault.status = status;
  fault.type = "bad-request";
  fault.title = std::move(title);
  fault.detail = std::move(detail);
  reply out = problem_reply(fault);
  out.close = out.unread = true;
  return out;
}

connection::connection(byte_stream stream, const server_options& options, wire::entrance where)
    : options_(options), where_(where), stream_(std::move(stream)) {}

asio::awaitable<bool> connection::handshake() {
  const error_code ec = co_await stream_.handshake(options_.header_time);
  co_return !ec;
}

bool connection::refuse(reply what) {
  fault_ = std::move(what);
  return false;
}

bool connection::timed_out(const error_code& ec, const char* what) {
  if (ec != beast::error::timeout) return false;
  return refuse(refusal(408, std::string(what) + " took too long"));
}

asio::awaitable<error_code> connection::read_more() {
  auto [ec, size] = co_await stream_.async_read_some(buffer_.prepare(read_size), tok);
  buffer_.commit(size);
  co_return ec;
}

asio::awaitable<error_code> connection::read_more(deadline until) {
  // Not by the stream's own limit: that closes the socket, and the 408 could not be told.
  stream_.expires_never();
  asio::steady_timer limit(stream_.get_executor(), until);
  const auto space = buffer_.prepare(read_size);
  auto race = asio::experimental::make_parallel_group(
      [&](auto token) { return stream_.async_read_some(space, std::move(token)); },
      [&](auto token) { return limit.async_wait(std::move(token)); });
  auto [order, ec, size, late] =
      co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  buffer_.commit(size);
  if (size == 0 && order[0] == 1) co_return error_code(beast::error::timeout);
  co_return ec;
}

asio::awaitable<bool> connection::read_head() {
  parser_.reset();
  wire::head_scanner scanner({options_.header});
  idle_ = buffer_.size() == 0;
  idle_since_ = std::chrono::steady_clock::now();
  deadline until = idle_since_ + options_.header_time;
  for (;;) {
    if (auto fault = scanner.scan(view(buffer_))) {
      co_return refuse(refusal(fault->status, std::move(fault->text)));
    }
    if (scanner.size() > 0) break;
    if (idle_) {
      stream_.expires_after(options_.keep_alive);
      if (co_await read_more()) co_return false;
      until = std::chrono::steady_clock::now() + options_.header_time;
      idle_ = false;
    } else if (const error_code ec = co_await read_more(until)) {
      co_return timed_out(ec, "the header");
    }
  }
  co_return co_await parse_head(scanner.size());
}

asio::awaitable<bool> connection::parse_head(std::size_t size) {
  if (auto fault = wire::check_head(view(buffer_).substr(0, size))) {
    co_return refuse(refusal(fault->status, std::move(fault->text)));
  }
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.header + 1));
  parser_->body_limit(options_.body);
  error_code ec;
  buffer_.consume(parser_->put(asio::buffer(buffer_.data(), size), ec));
  if (ec == http::error::body_limit) co_return refuse(refusal(413, "the body is too large"));
  if (ec || !parser_->is_header_done()) {
    co_return refuse(refusal(400, "the request is malformed", ec.message()));
  }
  co_return true;
}

asio::awaitable<bool> connection::read_body() {
  // Chunk framing counts too, or a body of a million one-byte chunks would be read for ever.
  const std::size_t most = 8 * options_.body;
  std::size_t total = buffer_.size();
  parser_->eager(true);
  const deadline until = std::chrono::steady_clock::now() + options_.body_time;
  if (beast::iequals(request()[http::field::expect], "100-continue") && total == 0) {
    if (!co_await write_all("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
  }
  while (!parser_->is_done()) {
    error_code ec;
    if (buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), ec));
    if (ec == http::error::need_more) ec = {};
    if (ec == http::error::body_limit || total > most) {
      co_return refuse(refusal(413, "the body is too large"));
    }
    if (ec || buffer_.size() > options_.header) {
      co_return refuse(refusal(400, "the body is malformed", ec ? ec.message() : ""));
    }
    if (parser_->is_done()) break;
    const std::size_t before = buffer_.size();
    ec = co_await read_more(until);
    if (ec) co_return timed_out(ec, "the body");
    total += buffer_.size() - before;
  }
  co_return true;
}

bool connection::has_body() const {
  return parser_->chunked() || parser_->content_length().value_or(0) > 0;
}

bool connection::is_head() const { return request().method() == http::verb::head; }

asio::awaitable<bool> connection::send(reply what) {
  http::response<http::empty_body> answer;
  answer.version(parser_ ? request().version() : 11);
  answer.result(static_cast<unsigned>(what.status));
  common_fields(answer);
  answer.set(http::field::content_type, what.type);
  if (!what.allow.empty()) answer.set(http::field::allow, what.allow);
  if (!what.upgrade.empty()) answer.set(http::field::upgrade, what.upgrade);
  for (const auto& [name, value] : what.fields) answer.set(name, value);
  if (what.status != 304) answer.content_length(what.body.size());
  answer.keep_alive(!what.close && keeps_alive());
  const std::string head = text_of(answer);
  std::string_view body = what.body;
  if (what.status == 304 || (parser_ && is_head())) body = {};
  const bool sent = co_await write_all(head, body);
  if (sent && what.unread) co_await linger();
  const bool goes_on = sent && answer.keep_alive();
  co_return goes_on;
}

asio::awaitable<bool> connection::begin_stream(std::string_view type,
                                               std::string_view disposition) {
  http::response<http::empty_body> answer;
  answer.version(request().version());
  answer.result(http::status::ok);
  common_fields(answer);
  answer.set(http::field::content_type, boost::beast::string_view(type.data(), type.size()));
  if (!disposition.empty())
    answer.set(http::field::content_disposition,
               boost::beast::string_view(disposition.data(), disposition.size()));
  chunked_ = request().version() >= 11;
  if (chunked_) answer.chunked(true);
  answer.keep_alive(chunked_ && keeps_alive());
  const std::string head = text_of(answer);
  co_return co_await write_all(head);
}

asio::awaitable<bool> connection::send_piece(std::string_view bytes) {
  if (bytes.empty()) co_return true;
  if (!chunked_) co_return co_await write_all(bytes);
  const std::string size = fmt::format("{:x}\r\n", bytes.size());
  co_return co_await write_all(size, bytes, "\r\n");
}

asio::awaitable<void> connection::end_stream() {
  if (chunked_) co_await write_all("0\r\n\r\n");
}

asio::awaitable<bool> connection::write_all(std::string_view first, std::string_view second,
                                            std::string_view third) {
  std::array<asio::const_buffer, 3> rest;
  rest[0] = asio::buffer(first);
  rest[1] = asio::buffer(second);
  rest[2] = asio::buffer(third);
  while (asio::buffer_size(rest) > 0) {
    stream_.expires_after(options_.write_stall);  // of each write: a slow reader is not a dead one
    auto [ec, size] = co_await stream_.async_write_some(rest, tok);
    if (ec || size == 0) co_return false;
    for (auto& piece : rest) {
      const auto gone = std::min(size, piece.size());
      piece += gone;
      size -= gone;
    }
  }
  co_return true;
}

asio::awaitable<void> connection::linger() {
  error_code ec;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, ec);
  stream_.expires_after(linger_time);
  for (std::size_t total = 0; !ec && total < most_unread;) {
    buffer_.consume(buffer_.size());
    ec = co_await read_more();
    total += buffer_.size();
  }
}

asio::awaitable<void> connection::hang_up() {
  auto& socket = stream_.socket();
  const bool tcp = where_ == wire::entrance::tcp;
  const int over = POLLHUP | POLLERR | POLLNVAL | (tcp ? POLLRDHUP : 0);
  auto on = asio::socket_base::wait_read;
  for (;;) {
    // The wait is a hint only, and tells what is new: ask before and after it.
    pollfd state{socket.native_handle(), POLLRDHUP, 0};
    ::poll(&state, 1, 0);
    if ((state.revents & over) != 0) co_return;
    // Bytes of a next request are not ours to read. Of a Unix peer that said all it had to say only
    // its end is news.
    if (!tcp && (state.revents & POLLRDHUP) != 0) on = asio::socket_base::wait_error;
    auto [ec] = co_await socket.async_wait(on, tok);
    if (ec) co_return;
  }
}

void connection::close() { stream_.close(); }

}  // namespace aurora::server

#include "stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "client.hpp"
#include "connect.hpp"
#include "failure.hpp"

namespace aurora::ctl {
namespace {

namespace websocket = beast::websocket;
namespace http = beast::http;
constexpr auto token = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t largest_message = 64U << 20U;  // a snapshot of many thousand services
constexpr auto silence = std::chrono::seconds(30);

}  // namespace

struct stream::connection {
  explicit connection(asio::any_io_executor executor) : socket(std::move(executor)) {
    buffer.reserve(16 * 1024);
  }
  websocket::stream<byte_stream, false> socket;  ///< false: never compressed
  beast::flat_buffer buffer;
};

stream::stream(asio::any_io_executor executor, endpoint where)
    : executor_(std::move(executor)), where_(std::move(where)) {}

stream::~stream() = default;

asio::awaitable<void> stream::open() {
  connection_ = std::make_unique<connection>(executor_);
  auto& socket = connection_->socket;
  auto& transport = socket.next_layer();
  transport.expires_after(answer_limit);
  auto ec = co_await connect_to(transport, where_);
  if (ec) throw unreachable(where_, ec);
  transport.expires_never();  // the WebSocket layer keeps its own time from here on
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = answer_limit;
  limits.idle_timeout = silence;
  limits.keep_alive_pings = true;
  socket.set_option(limits);
  socket.read_message_max(largest_message);
  const std::string bearer = where_.token.empty() ? std::string() : "Bearer " + where_.token;
  const auto sign_in = [&bearer](websocket::request_type& request) {
    if (!bearer.empty()) request.set(http::field::authorization, bearer);
  };
  socket.set_option(websocket::stream_base::decorator(sign_in));
  websocket::response_type answer;
  const std::string host = where_.authority();
  auto [failed] = co_await socket.async_handshake(answer, host, "/api/v1/stream", token);
  if (failed == websocket::error::upgrade_declined) {
    reply declined;
    declined.status = answer.result_int();
    declined.body = answer.body();
    throw refused(declined);
  }
  if (failed) throw unreachable(where_, failed);
}

asio::awaitable<std::optional<json::value>> stream::next() {
  if (!connection_) co_return std::nullopt;
  auto& [socket, buffer] = *connection_;
  buffer.clear();
  auto [ec, bytes] = co_await socket.async_read(buffer, token);
  if (ec) {
    connection_.reset();
    co_return std::nullopt;
  }
  const auto data = buffer.cdata();
  const std::string_view text(static_cast<const char*>(data.data()), data.size());
  std::optional<json::value> message(parse_answer(text));
  co_return message;
}

asio::awaitable<void> stream::send(std::string text) {
  if (!connection_) co_return;
  auto& socket = connection_->socket;
  socket.text(true);
  co_await socket.async_write(asio::buffer(text), token);
}

}  // namespace aurora::ctl

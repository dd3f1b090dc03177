#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

namespace aurora::server {

/// One type for Unix sockets, TCP and TLS: a single instantiation of Beast above it.
using stream_socket = boost::asio::generic::stream_protocol::socket;

/// Bytes to and from a client, in the clear or within TLS. Limits are those of the stream beneath:
/// when one runs out it closes the socket.
class byte_stream {
 public:
  using plain_stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol,
                                                  boost::asio::any_io_executor>;
  using tls_stream = boost::asio::ssl::stream<plain_stream>;
  using executor_type = boost::asio::any_io_executor;
  using next_layer_type = plain_stream;

  explicit byte_stream(stream_socket socket) : plain_(std::in_place, std::move(socket)) {}
  byte_stream(stream_socket socket, boost::asio::ssl::context& how)
      : tls_(std::make_unique<tls_stream>(std::move(socket), how)) {}

  executor_type get_executor() { return next_layer().get_executor(); }
  plain_stream& next_layer() { return tls_ ? tls_->next_layer() : *plain_; }
  stream_socket& socket() { return next_layer().socket(); }
  tls_stream* tls() { return tls_.get(); }

  template <class Span>
  void expires_after(Span limit) {
    next_layer().expires_after(limit);
  }
  void expires_never() { next_layer().expires_never(); }
  /// Nothing where it was moved from: a WebSocket has it then.
  void close() {
    if (tls_ || plain_) next_layer().close();
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    const auto begin = [this](auto handler, const Buffers& buffers) {
      if (tls_) return tls_->async_read_some(buffers, std::move(handler));
      plain_->async_read_some(buffers, std::move(handler));
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        begin, token, into);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    const auto begin = [this](auto handler, const Buffers& buffers) {
      if (tls_) return tls_->async_write_some(buffers, std::move(handler));
      plain_->async_write_some(buffers, std::move(handler));
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        begin, token, from);
  }

 private:
  std::optional<plain_stream> plain_;  ///< exactly one of the two
  std::unique_ptr<tls_stream> tls_;
};

/// How Beast ends a WebSocket. What was said is framed: TLS has no last word of its own.
template <class Handler>
void async_teardown(boost::beast::role_type role, byte_stream& stream, Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.socket(), std::forward<Handler>(handler));
}

}  // namespace aurora::server

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "server/transfer_handler.hpp"

namespace aurora::server {

/// One type for Unix sockets, TCP and TLS: a single instantiation of Beast above it.
using stream_socket = boost::asio::generic::stream_protocol::socket;

/// The first buffers of any sequence: what one system call is given.
template <class Buffer>
class few_buffers {
 public:
  using value_type = Buffer;
  template <class Sequence>
  explicit few_buffers(const Sequence& of) {
    const auto last = boost::asio::buffer_sequence_end(of);
    for (auto each = boost::asio::buffer_sequence_begin(of); each != last && size_ < most; ++each) {
      const Buffer buffer(*each);
      if (buffer.size() > 0) all_[size_++] = buffer;
    }
  }
  const Buffer* begin() const { return all_.data(); }
  const Buffer* end() const { return all_.data() + size_; }

 private:
  static constexpr std::size_t most = 8;
  std::array<Buffer, most> all_;
  std::size_t size_ = 0;
};

/// Bytes to and from a client, in the clear or within TLS. Limits are those of the stream beneath:
/// when one runs out it closes the socket.
class byte_stream {
 public:
  using plain_stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol,
                                                  boost::asio::any_io_executor>;
  using executor_type = boost::asio::any_io_executor;
  using next_layer_type = plain_stream;

  explicit byte_stream(stream_socket socket);
  byte_stream(stream_socket socket, boost::asio::ssl::context& how);

  executor_type get_executor() { return next_layer().get_executor(); }
  plain_stream& next_layer() { return tls_ ? tls_->next_layer() : *plain_; }
  stream_socket& socket() { return next_layer().socket(); }

  /// Of TLS, where there is any, within `limit`. A client that speaks plain HTTP is told so.
  boost::asio::awaitable<boost::system::error_code> handshake(
      std::chrono::steady_clock::duration limit);

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
      begin_read(few_buffers<boost::asio::mutable_buffer>(buffers),
                 transfer_handler(std::move(handler), get_executor()));
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        begin, token, into);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    const auto begin = [this](auto handler, const Buffers& buffers) {
      begin_write(few_buffers<boost::asio::const_buffer>(buffers),
                  transfer_handler(std::move(handler), get_executor()));
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        begin, token, from);
  }

 private:
  using tls_stream = boost::asio::ssl::stream<plain_stream>;

  void begin_read(const few_buffers<boost::asio::mutable_buffer>& into, transfer_handler handler);
  void begin_write(const few_buffers<boost::asio::const_buffer>& from, transfer_handler handler);

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

#include "server/byte_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "reactor/task_scope.hpp"

namespace aurora::server {
namespace {

namespace asio = boost::asio;
using reactor::tok;

constexpr std::string_view speaks_tls =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    "Content-Length: 32\r\n\r\nthis port speaks https, not http";

}  // namespace

byte_stream::byte_stream(stream_socket socket) : plain_(std::in_place, std::move(socket)) {}

byte_stream::byte_stream(stream_socket socket, asio::ssl::context& how)
    : tls_(std::make_unique<tls_stream>(std::move(socket), how)) {}

asio::awaitable<boost::system::error_code> byte_stream::handshake(
    std::chrono::steady_clock::duration limit) {
  if (!tls_) co_return boost::system::error_code();
  expires_after(limit);
  auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::server, tok);
  if (ec && ec.category() == asio::error::get_ssl_category() &&
      ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == SSL_R_HTTP_REQUEST) {
    co_await asio::async_write(next_layer(), asio::buffer(speaks_tls), tok);
  }
  co_return ec;
}

void byte_stream::begin_read(const few_buffers<asio::mutable_buffer>& into,
                             transfer_handler handler) {
  if (tls_) return tls_->async_read_some(into, std::move(handler));
  plain_->async_read_some(into, std::move(handler));
}

void byte_stream::begin_write(const few_buffers<asio::const_buffer>& from,
                              transfer_handler handler) {
  if (tls_) return tls_->async_write_some(from, std::move(handler));
  plain_->async_write_some(from, std::move(handler));
}

}  // namespace aurora::server

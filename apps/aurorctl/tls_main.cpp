// aurorctl-tls HOST PORT: carries the bytes of its stdin, a socket, through TLS to a server and
// back. aurorctl starts it for https:// addresses: a program of its own, because OpenSSL would cost
// every start of aurorctl more than the rest of it. First comes one line: "ok", or what is wrong.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <openssl/err.h>

#include <array>
#include <csignal>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using near_end = asio::local::stream_protocol::socket;
using far_end = ssl::stream<tcp::socket>;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most = 16 * 1024;

std::string words_of(const error_code& ec, far_end& server) {
  const long verdict = SSL_get_verify_result(server.native_handle());
  if (verdict != X509_V_OK) {
    return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(verdict);
  }
  if (ec.category() == asio::error::get_ssl_category() &&
      ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == SSL_R_WRONG_VERSION_NUMBER) {
    return "it does not speak TLS";
  }
  return ec.message();
}

/// With the system's authorities ($SSL_CERT_FILE, $SSL_CERT_DIR), and for that name alone.
void expect(far_end& server, const std::string& host) {
  SSL* handle = server.native_handle();
  error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  if (not_numeric) {
    SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
  }
  server.set_verify_mode(ssl::verify_peer);
  server.set_verify_callback(ssl::host_name_verification(host));
}

template <class From, class To>
asio::awaitable<void> carry(From& from, To& to) {
  std::array<char, most> bytes;
  for (;;) {
    auto [ec, size] = co_await from.async_read_some(asio::buffer(bytes), token);
    if (ec) break;
    auto [failed, sent] = co_await asio::async_write(to, asio::buffer(bytes.data(), size), token);
    if (failed) break;
  }
}

asio::awaitable<std::string> connect(far_end& server, std::string host, std::string port) {
  tcp::resolver resolver(server.get_executor());
  auto [unknown, found] = co_await resolver.async_resolve(host, port, token);
  if (unknown) co_return unknown.message();
  auto [refused, at] = co_await asio::async_connect(server.next_layer(), found, token);
  if (refused) co_return refused.message();
  server.next_layer().set_option(tcp::no_delay(true));
  expect(server, host);
  auto [ec] = co_await server.async_handshake(ssl::stream_base::client, token);
  if (ec) co_return words_of(ec, server);
  co_return std::string();
}

asio::awaitable<void> work(near_end& client, far_end& server, std::string host, std::string port) {
  const auto executor = client.get_executor();
  std::string fault = co_await connect(server, std::move(host), std::move(port));
  const std::string line = fault.empty() ? "ok\n" : fault + "\n";
  co_await asio::async_write(client, asio::buffer(line), token);
  if (!fault.empty()) co_return;
  const auto end = [&](std::exception_ptr) {
    error_code ignored;
    client.close(ignored);
    server.next_layer().close(ignored);
  };
  asio::co_spawn(executor, carry(client, server), end);
  asio::co_spawn(executor, carry(server, client), end);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: aurorctl-tls HOST PORT\naurorctl starts it for https:// addresses\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    asio::io_context loop(1);
    ssl::context context(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_default_verify_paths();
    near_end client(loop, asio::local::stream_protocol(), 0);
    far_end server(loop, context);
    asio::co_spawn(loop, work(client, server, argv[1], argv[2]), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    loop.run();
  } catch (const std::exception& fault) {
    std::cerr << "aurorctl-tls: " << fault.what() << '\n';
    return 1;
  }
}

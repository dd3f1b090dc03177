#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "reactor/probe/deadline.hpp"
#include "reactor/worker_pool.hpp"

namespace aurora::reactor {

enum class tls_trust { verify, anyone };

/// The two contexts of all https probes: TLS 1.2 or newer, the system's certificate authorities
/// (SSL_CERT_FILE and SSL_CERT_DIR are honoured). Made on a worker when first asked for, because a
/// bundle of authorities takes tens of milliseconds to read, and again after an hour, so that a
/// renewed bundle is seen.
class tls_contexts {
 public:
  tls_contexts(boost::asio::any_io_executor executor, worker_pool& workers);
  ~tls_contexts();

  /// Null: the deadline passed first, or it could not be made (`fault` says why).
  boost::asio::awaitable<std::shared_ptr<boost::asio::ssl::context>> get(tls_trust trust,
                                                                         deadline& limit,
                                                                         std::string& fault);

 private:
  struct slot;
  void make(const std::shared_ptr<slot>& slot, tls_trust trust);

  boost::asio::any_io_executor executor_;
  worker_pool& workers_;
  std::shared_ptr<slot> slots_[2];
};

using tls_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

/// Handshakes as a client that speaks to `host`: with its name in the clear (SNI), and, where the
/// context verifies, checked against the certificate. Empty, or the reason it failed in words:
/// "certificate expired on 2024-05-01", "certificate is not for 'db' (it names 'localhost')".
/// Whether `limit` passed is the caller's to ask.
boost::asio::awaitable<std::string> handshake(tls_stream& stream, std::string host,
                                              deadline& limit);

}  // namespace aurora::reactor

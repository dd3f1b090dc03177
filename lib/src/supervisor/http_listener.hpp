#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/child/unique_fd.hpp"
#include "reactor/task_scope.hpp"
#include "server/server.hpp"
#include "supervisor/driver.hpp"

namespace aurora::shell {

/// The TCP listener of the daemon: bound, kept by the keeper so that the port is there while a
/// reactor comes back, and served. A port that somebody else holds is waited for: that is a warning
/// in `status` that names the holder, and no reason not to supervise.
class http_listener {
 public:
  struct options {
    std::string address;             ///< as `http.listen`; empty: there is none
    std::vector<std::string> hosts;  ///< `http.hosts`
    std::optional<tls_files> tls;    ///< `http.tls`
    std::string token_fault;         ///< why nobody could sign in; then there is none either
    std::function<void(std::string url)> on_listening;
  };
  /// Both outlive it.
  http_listener(driver& of, server::server& with, options how);

  /// Listens, or begins to wait for the port. Call once, when the server may be asked.
  void open();
  /// The certificate may be a new one: connections from now on are met with it. One that cannot be
  /// used is a warning, and the old one stays.
  void renew();
  /// Gives up waiting. Join before destroying.
  boost::asio::awaitable<void> stop();

 private:
  using endpoint = boost::asio::ip::tcp::endpoint;
  void serve(reactor::unique_fd listener);
  bool take_kept();
  boost::asio::awaitable<void> wait_for_port(boost::system::error_code first);
  boost::asio::awaitable<std::string> fault(boost::system::error_code why);
  boost::asio::awaitable<void> read_certificate();
  server::tcp_entrance entrance_to(const endpoint& at) const;
  std::string url_of(const endpoint& at) const;

  driver& driver_;
  server::server& server_;
  options options_;
  endpoint wanted_;
  server::tls_context tls_;
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell

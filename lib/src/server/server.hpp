#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <aurora/page.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "reactor/worker_pool.hpp"
#include "server/backend.hpp"
#include "server/log_history.hpp"
#include "server/tls.hpp"
#include "wire/own_names.hpp"

namespace aurora::server {

/// Bounds of the API. The defaults are those of faults.md; past each of them a client gets a clear
/// status or is closed, never left hanging.
struct server_options {
  std::size_t connections = 64;       ///< of the Unix socket; one more replaces the longest idle
  std::size_t tcp_connections = 128;  ///< of TCP: a budget of its own
  std::size_t streams = 2048;         ///< WebSocket clients that are signed in, in neither of them
  std::size_t header = 8 * 1024;      ///< bytes of request line and fields (414, 431)
  std::size_t body = 1024 * 1024;     ///< bytes of a request body (413)
  std::size_t message = 4 * 1024;     ///< bytes of a WebSocket message of a client (1009)
  std::size_t queue = 1024 * 1024;    ///< bytes of log lines waiting for one client, then drops
  unsigned control_frames = 10;       ///< pings and pongs a second of one client, then closed
  duration header_time = std::chrono::seconds(10);  ///< from the first byte to the empty line (408)
  duration body_time = std::chrono::seconds(30);    ///< for the whole body (408)
  duration keep_alive = std::chrono::seconds(30);   ///< without a request, then closed
  duration write_stall = std::chrono::seconds(30);  ///< a write without progress, then closed
  duration sign_in = std::chrono::seconds(5);       ///< WebSocket on TCP: for its first message
  duration quiet = std::chrono::seconds(60);        ///< WebSocket: no pong or message, then closed
  duration drain = std::chrono::seconds(1);         ///< for replies under way when the server stops
  duration accept_pause = std::chrono::milliseconds(100);  ///< after EMFILE and its like
  std::string log_dir, run_dir;
  std::optional<gid_t> group;  ///< whose members may use the socket, beside root and our own user
  std::size_t failures = 20;   ///< wrong tokens and codes that are looked at within a minute (429)
  std::string token;           ///< of STATE/token; without one nobody is let in on TCP
  std::span<const page_file> page;  ///< the dashboard
  history_opener history;  ///< how the past of a log is read; empty: from log_dir and run_dir
};

/// What a TCP listener needs beside its descriptor.
struct tcp_entrance {
  wire::own_names names;
  bool any_address = false;  ///< bound to 0.0.0.0 or [::]: the address that was reached is ours too
  tls_context tls = nullptr;  ///< null: in the clear
};

/// The control interface of contract §6: HTTP/1.1 and WebSocket over listening sockets, answered
/// by a backend. One thread: everything runs on the given executor; only log files are read on the
/// workers. `backend` and `workers` outlive it.
///
/// The order of an end: `stop`, then destroy. Connections are tasks of a scope of its own, so none
/// outlives it.
class server {
 public:
  server(boost::asio::any_io_executor executor, backend& answers, reactor::worker_pool& workers,
         server_options how);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Takes a listening Unix socket (already bound by the daemon under a umask) and serves it.
  void listen(int unix_listener_fd);

  /// The same on TCP: whoever comes needs one of our names and, but for what is open to all, a
  /// token.
  void listen(int tcp_listener_fd, tcp_entrance how);

  /// Connections from now on are met with that certificate, by each listener that speaks TLS.
  void renew(tls_context with);

  /// Accepts no more, tells stream clients (1001), lets replies under way go out for at most
  /// `drain`, or less where somebody waits to go on, then ends all. A duty: it is not cancelled
  /// with its caller.
  boost::asio::awaitable<void> stop(std::optional<duration> drain = std::nullopt);

  /// Connections open now.
  std::size_t connections() const;

 private:
  struct crowd;
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora::server

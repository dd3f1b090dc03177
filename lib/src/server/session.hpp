#pragma once

#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "reactor/worker_pool.hpp"
#include "server/backend.hpp"
#include "server/connection.hpp"
#include "server/handlers.hpp"
#include "server/publisher.hpp"
#include "server/server.hpp"

namespace aurora::server {

/// What all connections share; outlives them.
struct shared_state {
  backend& answers;
  reactor::worker_pool& workers;
  server_options options;
  publisher events;
  bool stopping = false;
};

enum class admission { allowed, forbidden };

/// One connection from its first request to its end: gate, route, body, answer, and again; or it
/// becomes a stream.
class session {
 public:
  session(stream_socket socket, shared_state& with, admission peer)
      : with_(with), peer_(peer), connection_(std::move(socket), with.options) {}

  /// Cancellation: ends at the next await, whatever is under way.
  boost::asio::awaitable<void> run();

  connection& line() { return connection_; }
  bool evicted = false;  ///< closed to make room for another

 private:
  boost::asio::awaitable<bool> one_request();
  boost::asio::awaitable<bool> dispatch(api_call call);
  boost::asio::awaitable<bool> upgrade(const api_call& call);
  boost::asio::awaitable<bool> follow_events(api_call call);
  boost::asio::awaitable<bool> stream_logs(api_call call);
  std::optional<reply> check(const wire::path_match& found) const;

  shared_state& with_;
  admission peer_;
  connection connection_;
};

/// The streams. Each ends when the client has gone, is too slow, or the server stops.
boost::asio::awaitable<bool> stream_events(connection& to, shared_state& with, std::uint64_t since);
boost::asio::awaitable<bool> stream_log_lines(connection& to, shared_state& with, api_call call);
boost::asio::awaitable<void> serve_web_socket(connection& from, shared_state& with,
                                              std::optional<std::uint64_t> since);

}  // namespace aurora::server

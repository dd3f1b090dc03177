#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "reactor/worker_pool.hpp"
#include "server/backend.hpp"
#include "server/connection.hpp"
#include "server/handlers.hpp"
#include "server/openssl_crypto.hpp"
#include "server/publisher.hpp"
#include "server/server.hpp"
#include "wire/gate.hpp"
#include "wire/sign_in.hpp"

namespace aurora::server {

/// What all connections share; outlives them.
struct shared_state {
  shared_state(backend& from, reactor::worker_pool& pool, server_options how)
      : answers(from),
        workers(pool),
        options(std::move(how)),
        events(from),
        door(crypto, options.token, options.failures) {}

  backend& answers;
  reactor::worker_pool& workers;
  server_options options;
  publisher events;
  openssl_crypto crypto;
  wire::sign_in door;
  bool stopping = false;
};

/// Who is at the other end, as far as the connection itself tells.
struct caller {
  wire::entrance where = wire::entrance::local;
  bool may_enter = true;       ///< false: a local user who has no business here
  std::string shown;           ///< "uid 0 (pid 42) on the control socket", "127.0.0.1:50123"
  wire::own_names names = {};  ///< of TCP: what this connection may be asked for
};

/// Shows a token, or failed to: what a session and a stream ask of the door.
class doorway {
 public:
  doorway(shared_state& with, const caller& from) : with_(with), from_(from) {}

  /// Whose token that is. Nothing: nobody's, or none is looked at just now (`limited`).
  std::optional<wire::identity> who(std::string_view token);
  static bool is_over(const wire::identity& who);
  /// A session for a code. Nothing: as above.
  std::optional<wire::sign_in::traded> trade(std::string_view code);
  std::string make_code(wire::role may);
  bool limited() const;
  duration wait() const;  ///< until it is not
  /// For the log: "the token from 127.0.0.1:50123".
  std::string name(const wire::identity& who) const;
  void tell_refused(std::string_view what) const;

 private:
  shared_state& with_;
  const caller& from_;
};

/// One connection from its first request to its end: gate, route, body, answer, and again; or it
/// becomes a stream.
class session {
 public:
  session(byte_stream stream, shared_state& with, caller from)
      : with_(with),
        caller_(std::move(from)),
        door_(with, caller_),
        connection_(std::move(stream), with.options, caller_.where) {}

  /// Cancellation: ends at the next await, whatever is under way.
  boost::asio::awaitable<void> run();

  connection& line() { return connection_; }
  bool evicted = false;  ///< closed to make room for another
  /// Called when it has become a stream of someone who signed in. Returns: whether there is room.
  std::function<bool()> on_stream;

 private:
  boost::asio::awaitable<bool> one_request();
  boost::asio::awaitable<bool> dispatch(api_call call);
  boost::asio::awaitable<bool> upgrade(const api_call& call);
  boost::asio::awaitable<bool> follow_events(api_call call);
  boost::asio::awaitable<bool> stream_logs(api_call call);
  boost::asio::awaitable<bool> answer(api_call call);
  std::optional<reply> check(const wire::path_match& found);
  std::optional<reply> check_tcp(const wire::request_head& head, const wire::path_match& found);
  std::optional<reply> identify(const wire::request_head& head, const wire::path_match& found);
  reply sign_in(const api_call& call);
  reply give_code(const api_call& call);
  reply page_file_reply() const;
  void audit(std::string_view what, std::string_view result);

  shared_state& with_;
  caller caller_;
  doorway door_;
  /// Who asks, once that is known; kept with the credentials that were shown, so that a connection
  /// in use neither pays for them again nor is locked out by somebody else's failures.
  std::optional<wire::identity> who_;
  std::string shown_;
  connection connection_;
};

/// The streams. Each ends when the client has gone, is too slow, or the server stops.
boost::asio::awaitable<bool> stream_events(connection& to, shared_state& with, std::uint64_t since);
boost::asio::awaitable<bool> stream_log_lines(connection& to, shared_state& with, api_call call);

/// What a WebSocket client needs to be let in.
struct stream_entry {
  doorway& door;
  std::optional<wire::identity> who;  ///< nothing: its first message must tell
  const std::function<bool()>& join;
};
boost::asio::awaitable<void> serve_web_socket(connection& from, shared_state& with,
                                              std::optional<std::uint64_t> since,
                                              stream_entry entry);

}  // namespace aurora::server

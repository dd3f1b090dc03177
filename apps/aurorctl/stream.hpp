#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

#include "answers.hpp"
#include "places.hpp"

namespace aurora::ctl {

namespace asio = boost::asio;

/// The daemon's WebSocket `/api/v1/stream`: a snapshot first, then what changes.
class stream {
 public:
  stream(asio::any_io_executor executor, endpoint where);
  ~stream();
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  /// Connects and upgrades within `answer_limit`. Throws `failure`.
  asio::awaitable<void> open();
  /// The next message; nothing: the daemon closed, went away, or fell silent for 30 s (it is pinged
  /// meanwhile). Cancellation: terminal, closes.
  asio::awaitable<std::optional<json::value>> next();
  /// Sends a text message; errors show at the next `next`.
  asio::awaitable<void> send(std::string text);

 private:
  struct connection;
  asio::any_io_executor executor_;
  endpoint where_;
  std::unique_ptr<connection> connection_;
};

}  // namespace aurora::ctl

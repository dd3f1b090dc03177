#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

#include <aurora/time.hpp>

#include "answers.hpp"
#include "places.hpp"

namespace aurora::ctl {

namespace asio = boost::asio;

struct reply {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

/// How long an answer may take that waits for nothing. Rule: fault A17.
constexpr duration answer_limit = std::chrono::seconds(5);

/// HTTP/1.1 to one daemon over its socket or TCP, one request at a time on a connection that is
/// kept. Errors are `failure`s: nobody there, hung or gone mid-answer (no daemon), not let in (not
/// permitted). Cancellation: terminal, ends the request and closes the connection.
class client {
 public:
  client(asio::any_io_executor executor, endpoint where);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// The answer whatever its status. `patience`: how long it may take, beyond connecting.
  asio::awaitable<reply> get(std::string target, std::string accept = "application/json",
                             duration patience = answer_limit);
  asio::awaitable<reply> post(std::string target, std::string body,
                              duration patience = answer_limit);

  /// As above, parsed; a problem becomes the `failure` of `refused`.
  asio::awaitable<json::value> get_json(std::string target, duration patience = answer_limit);
  asio::awaitable<json::value> post_json(std::string target, std::string body,
                                         duration patience = answer_limit);

  const endpoint& where() const { return where_; }

 private:
  struct connection;
  asio::awaitable<void> connect(duration patience);
  asio::awaitable<reply> exchange(bool post, std::string target, std::string body,
                                  std::string accept, duration patience);
  asio::any_io_executor executor_;
  endpoint where_;
  std::unique_ptr<connection> connection_;
};

/// What an answer that is no success means to the user: exit code by RFC 9457 type and status,
/// title, detail, hint, errors.
struct failure refused(const reply& answer);

/// The operations' request body: {"services": […]}.
std::string services_body(const std::vector<std::string>& names);

}  // namespace aurora::ctl

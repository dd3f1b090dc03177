#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/byte_stream.hpp"
#include "server/server.hpp"
#include "wire/gate.hpp"

namespace aurora::server {

/// An answer, before it is written.
struct reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string allow;    ///< of a 405
  std::string upgrade;  ///< of a 426
  /// Further fields; they replace those that every reply has.
  std::vector<std::pair<std::string, std::string>> fields = {};
  bool close = false;   ///< the connection ends after it
  bool unread = false;  ///< the client may still be sending: read on a little before closing
};

reply json_reply(int status, std::string body);
reply problem_reply(const problem& fault);
/// Of type "bad-request" and closing: what came cannot be trusted to be one request.
reply refusal(int status, std::string title, std::string detail = {});

/// One connection as HTTP/1.1: requests in, replies out, every wait bounded.
class connection {
 public:
  using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  connection(byte_stream stream, const server_options& options, wire::entrance where);

  /// Of TLS, where there is any. Returns: whether the connection can go on.
  boost::asio::awaitable<bool> handshake();

  /// Reads the next head: through the gate, then through Beast.
  /// Returns: true, and `request()` holds it without its body; false: the connection is over, or
  /// `fault()` holds the last reply to give.
  boost::asio::awaitable<bool> read_head();
  /// The body of that request. Returns as above.
  boost::asio::awaitable<bool> read_body();
  /// Takes the reply that explains a `false`; nothing: end without a word.
  std::optional<reply> fault() { return std::exchange(fault_, std::nullopt); }

  const boost::beast::http::request<boost::beast::http::string_body>& request() const {
    return parser_->get();
  }
  bool has_body() const;
  bool is_head() const;
  bool keeps_alive() const { return parser_ && parser_->keep_alive(); }

  /// Writes a whole reply; of a HEAD its header only. Returns: whether the connection can go on.
  boost::asio::awaitable<bool> send(reply what);

  /// A reply of unknown length: begin, any number of pieces, end. Each returns whether it went out.
  /// disposition: the `Content-Disposition`; empty: none.
  boost::asio::awaitable<bool> begin_stream(std::string_view type,
                                            std::string_view disposition = {});
  boost::asio::awaitable<bool> send_piece(std::string_view bytes);
  boost::asio::awaitable<void> end_stream();

  /// Returns when the peer has gone: reset, or closed for good. A peer that only closed its writing
  /// side is still there on a Unix socket; on TCP nothing tells it from one that closed. Watches
  /// beside reads and writes.
  boost::asio::awaitable<void> hang_up();

  /// Whether it waits for a request of which no byte is there yet.
  bool idle() const { return idle_; }
  std::chrono::steady_clock::time_point idle_since() const { return idle_since_; }
  /// Ends it from outside: what is under way fails.
  void close();

  /// For the upgrade: the stream, and what the client sent after its request.
  byte_stream& stream() { return stream_; }
  boost::beast::flat_buffer& buffer() { return buffer_; }

 private:
  using deadline = std::chrono::steady_clock::time_point;
  boost::asio::awaitable<boost::system::error_code> read_more();
  boost::asio::awaitable<boost::system::error_code> read_more(deadline until);
  boost::asio::awaitable<bool> parse_head(std::size_t size);
  boost::asio::awaitable<bool> write_all(std::string_view first, std::string_view second = {},
                                         std::string_view third = {});
  boost::asio::awaitable<void> linger();
  bool refuse(reply what);
  bool timed_out(const boost::system::error_code& ec, const char* what);

  const server_options& options_;
  wire::entrance where_;
  byte_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<request_parser> parser_;
  std::optional<reply> fault_;
  bool idle_ = true;
  bool chunked_ = false;
  std::chrono::steady_clock::time_point idle_since_ = std::chrono::steady_clock::now();
};

}  // namespace aurora::server

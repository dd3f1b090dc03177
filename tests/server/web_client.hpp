#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "server/fixture.hpp"

namespace aurora::server {

/// A WebSocket client made of bytes, so that it can be as wrong as it likes.
class socket_client {
 public:
  explicit socket_client(running_server& on, const std::string& query = "") : raw(on.socket) {
    upgrade(query, "");
  }
  /// On TCP, with these fields more.
  struct on_tcp {};
  socket_client(running_server& on, on_tcp, const std::string& fields = "") : raw(on.port) {
    upgrade("", fields);
  }

  struct frame {
    int opcode = -1;  ///< -1: the connection ended
    std::string data;
  };

  frame next() {
    const std::string start = raw.take(2);
    if (start.size() < 2) return {};
    frame out;
    out.opcode = start[0] & 0x0F;
    std::size_t size = static_cast<unsigned char>(start[1]);
    if (size >= 126) {
      const std::string more = raw.take(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : more) size = size * 256 + static_cast<unsigned char>(c);
    }
    out.data = raw.take(size);
    return out;
  }

  /// The next message, answering pings on the way.
  boost::json::value message() {
    for (;;) {
      const frame got = next();
      BOOST_REQUIRE_MESSAGE(got.opcode == 1 || got.opcode == 9, "opcode " << got.opcode);
      if (got.opcode == 1) return boost::json::parse(got.data);
      send(0x8A, got.data);
    }
  }
  boost::json::value message_of(std::string_view type) {
    for (;;) {
      auto got = message();
      if (got.at("type").as_string() == boost::json::string_view(type.data(), type.size()))
        return got;
    }
  }

  /// The code of the close frame; 0 where the connection ended without one.
  int close_code() {
    for (;;) {
      const frame got = next();
      if (got.opcode == -1) return 0;
      if (got.opcode != 8 || got.data.size() < 2) continue;
      return static_cast<unsigned char>(got.data[0]) * 256 +
             static_cast<unsigned char>(got.data[1]);
    }
  }

  static std::string framed(unsigned first, std::string_view data) {
    std::string out(1, static_cast<char>(first));
    if (data.size() < 126) {
      out.push_back(static_cast<char>(0x80u | data.size()));
    } else {
      out.push_back(static_cast<char>(0x80u | 126u));
      out.push_back(static_cast<char>(data.size() >> 8));
      out.push_back(static_cast<char>(data.size()));
    }
    return out + std::string(4, '\0') + std::string(data);  // a mask of zeros
  }
  bool send(unsigned first, std::string_view data) { return raw.send(framed(first, data)); }
  bool say(std::string_view text) { return send(0x81, text); }

  raw_client raw;
  std::string head;

 private:
  void upgrade(const std::string& query, const std::string& fields) {
    raw.send("GET /api/v1/stream" + query + " HTTP/1.1\r\nHost: " + raw.host +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
             fields + "\r\n");
    head = raw.until("\r\n\r\n");
  }
};

}  // namespace aurora::server

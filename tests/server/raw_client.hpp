#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include <aurora/unix_path.hpp>

namespace aurora::server {

/// A client that sends what it is told, byte by byte if need be, and waits for what comes; every
/// wait ends after a minute and fails the test.
class raw_client {
 public:
  explicit raw_client(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int keep = -1;
    const std::string name = connectable_path(path, keep);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    error_ = connected_ ? 0 : errno;
    if (keep >= 0) ::close(keep);
    limit_waits();
  }
  /// To a port of 127.0.0.1, under that name.
  explicit raw_client(std::uint16_t port)
      : host("127.0.0.1:" + std::to_string(port)),
        fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    error_ = connected_ ? 0 : errno;
    limit_waits();
  }
  ~raw_client() { close(); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool connected() const { return connected_; }
  int error() const { return error_; }
  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// Returns: false where the server does not take it any more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Some bytes more; false at the end.
  bool receive() {
    char bytes[65536];
    const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
    BOOST_REQUIRE_MESSAGE(got >= 0 || errno == ECONNRESET || errno == EPIPE,
                          "receive: " << std::strerror(errno));
    if (got > 0) pending_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  /// Everything up to the end of the connection.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(pending_, {});
  }

  /// Up to and with `end`; what comes behind it stays. Shorter where the connection ended.
  std::string until(std::string_view end) {
    std::size_t at;
    while ((at = pending_.find(end)) == pending_.npos) {
      if (!receive()) return std::exchange(pending_, {});
    }
    std::string out = pending_.substr(0, at + end.size());
    pending_.erase(0, out.size());
    return out;
  }

  std::string take(std::size_t size) {
    while (pending_.size() < size && receive()) {
    }
    std::string out = pending_.substr(0, size);
    pending_.erase(0, out.size());
    return out;
  }

  struct answer {
    int status = 0;  ///< 0: the connection ended instead
    std::string head, body;
    std::string field(std::string_view name) const {
      const auto at = head.find("\r\n" + std::string(name) + ": ");
      if (at == head.npos) return {};
      const auto from = at + name.size() + 4;
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };

  enum class body { present, absent };
  answer read(body has = body::present) {
    answer out;
    out.head = until("\r\n\r\n");
    if (out.head.empty()) return out;
    BOOST_REQUIRE_MESSAGE(out.head.starts_with("HTTP/1.1 ") || out.head.starts_with("HTTP/1.0 "),
                          out.head);
    out.status = std::stoi(out.head.substr(9, 3));
    if (has == body::absent) return out;
    if (const auto length = out.field("Content-Length"); !length.empty()) {
      out.body = take(std::stoul(length));
    } else if (out.field("Transfer-Encoding") == "chunked") {
      for (std::string piece; !(piece = chunk()).empty();) out.body += piece;
    }
    return out;
  }

  answer ask(std::string_view method, std::string_view target, std::string_view fields = {},
             std::string_view content = {}) {
    std::string request =
        std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: " + host + "\r\n";
    if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
    request += fields;
    if (!content.empty()) {
      request +=
          "Content-Type: application/json\r\nContent-Length: " + std::to_string(content.size()) +
          "\r\n";
    }
    BOOST_REQUIRE(send(request + "\r\n" + std::string(content)));
    return read(method == "HEAD" ? body::absent : body::present);
  }
  answer get(std::string_view target) { return ask("GET", target); }
  answer post(std::string_view target, std::string_view content = {}) {
    return ask("POST", target, {}, content);
  }

  /// The data of the next chunk of a chunked answer; empty at its end.
  std::string chunk() {
    const std::string size = until("\r\n");
    if (size.empty()) return {};
    const std::string data = take(std::stoul(size, nullptr, 16));
    take(2);
    return data;
  }

  std::string host = "aurora";
  std::string token;  ///< empty: none is shown

 private:
  void limit_waits() const {
    const timeval limit{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  int fd_;
  bool connected_ = false;
  int error_ = 0;
  std::string pending_;
};

}  // namespace aurora::server

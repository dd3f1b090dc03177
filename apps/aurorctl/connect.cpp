#include "connect.hpp"

#include <aurora/unix_path.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "launch.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// A descriptor closed at the end of its scope.
struct held_fd {
  int fd = -1;
  ~held_fd() {
    if (fd >= 0) ::close(fd);
  }
};

asio::awaitable<boost::system::error_code> connect_local(byte_stream& stream,
                                                         const endpoint& where) {
  held_fd directory;
  const std::string name = connectable_path(where.path, directory.fd);
  if (name.size() >= sizeof(sockaddr_un::sun_path)) co_return asio::error::name_too_long;
  const asio::local::stream_protocol::endpoint local(name);
  const asio::generic::stream_protocol::endpoint target(local);
  auto [ec] = co_await stream.async_connect(target, token);
  co_return ec;
}

asio::awaitable<boost::system::error_code> connect_tcp(byte_stream& stream, const endpoint& where) {
  asio::ip::tcp::resolver resolver(stream.get_executor());
  auto [ec, found] = co_await resolver.async_resolve(where.host, where.port, token);
  if (ec) co_return ec;
  boost::system::error_code last = asio::error::host_not_found;
  for (const auto& entry : found) {
    const asio::generic::stream_protocol::endpoint target(entry.endpoint());
    auto [failed] = co_await stream.async_connect(target, token);
    if (!failed) co_return failed;
    last = failed;
  }
  co_return last;
}

/// The one line that aurorctl-tls says first.
asio::awaitable<std::string> first_line(byte_stream& stream) {
  std::string line;
  char c = 0;
  while (line.size() < 512 && c != '\n') {
    auto [ec, size] = co_await stream.async_read_some(asio::buffer(&c, 1), token);
    if (ec == beast::error::timeout) co_return std::string("it does not answer in time");
    if (ec) co_return std::string("aurorctl-tls went away");
    if (c != '\n') line += c;
  }
  co_return line;
}

void start_tls(byte_stream& stream, const endpoint& where) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw failure(exit_code::failed, std::string("cannot make a socket: ") + std::strerror(errno));
  }
  const held_fd far{ends[1]};
  const asio::generic::stream_protocol local(AF_UNIX, 0);
  stream.socket().assign(local, ends[0]);
  if (const int error = launch_tls(far.fd, where.host, where.port); error != 0) {
    throw failure(
        exit_code::failed,
        std::string("cannot start aurorctl-tls, which https:// takes: ") + std::strerror(error),
        "install it beside aurorctl");
  }
}

/// Through a program of our own that speaks TLS. Throws `failure` where it says what is wrong:
/// words that no error code has.
asio::awaitable<void> connect_securely(byte_stream& stream, const endpoint& where) {
  start_tls(stream, where);
  const std::string answer = co_await first_line(stream);
  if (answer == "ok") co_return;
  throw failure(exit_code::no_daemon, "cannot reach the daemon at '" + where.shown + "': " + answer,
                "check --host; SSL_CERT_FILE=FILE names the authority of a private certificate");
}

}  // namespace

asio::awaitable<boost::system::error_code> connect_to(byte_stream& stream, const endpoint& where) {
  boost::system::error_code ec;
  if (where.how == endpoint::kind::local) {
    ec = co_await connect_local(stream, where);
  } else if (where.tls) {
    co_await connect_securely(stream, where);
  } else {
    ec = co_await connect_tcp(stream, where);
  }
  if (!ec) ::fcntl(stream.socket().native_handle(), F_SETFD, FD_CLOEXEC);
  co_return ec;
}

failure unreachable(const endpoint& where, boost::system::error_code ec) {
  const bool local = where.how == endpoint::kind::local;
  const bool absent = ec == boost::system::errc::no_such_file_or_directory;
  if (ec == boost::system::errc::permission_denied ||
      ec == boost::system::errc::operation_not_permitted) {
    return {exit_code::not_permitted,
            "not allowed to talk to the daemon at '" + where.shown + "': permission denied",
            "be its user or root, or have its `control.group` widened to a group of yours"};
  }
  if (ec == beast::error::timeout) {
    return {exit_code::no_daemon, "the daemon at '" + where.shown + "' does not answer in time",
            "it hangs or the machine is overloaded; its log is logs/aurorad.log in the state "
            "directory"};
  }
  if (ec == beast::http::error::end_of_stream || ec == beast::http::error::partial_message ||
      ec == asio::error::eof || ec == asio::error::connection_reset ||
      ec == asio::error::broken_pipe) {
    return {exit_code::no_daemon,
            "the daemon at '" + where.shown + "' went away before it had answered",
            "see `aurorctl status`"};
  }
  if (local && (absent || ec == asio::error::connection_refused ||
                ec == boost::system::errc::not_a_directory)) {
    return {exit_code::no_daemon,
            "no daemon is running at '" + where.shown +
                "': " + (absent ? "there is no such socket" : ec.message()),
            "start it with `aurorctl up -d`"};
  }
  if (ec.category() == beast::http::make_error_code(beast::http::error::bad_version).category()) {
    return {exit_code::failed,
            "what answers at '" + where.shown + "' is no aurorad: " + ec.message(), "check --host"};
  }
  return {exit_code::no_daemon, "cannot reach the daemon at '" + where.shown + "': " + ec.message(),
          "check --host and that the daemon runs"};
}

}  // namespace aurora::ctl

#include "reactor/probe/dial.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "reactor/task_scope.hpp"

namespace aurora::reactor {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

error_code last_error() { return {errno, boost::system::system_category()}; }

enum class stage { connected, pending, failed };

/// True: both ends are this very socket. It is then made to vanish without a TIME_WAIT.
bool talks_to_itself(int fd, const tcp::endpoint& to) {
  tcp::endpoint own;
  socklen_t length = static_cast<socklen_t>(own.capacity());
  if (::getsockname(fd, own.data(), &length) != 0) return false;
  own.resize(length);
  if (own != to) return false;
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return true;
}

/// A second connect(2) asks how the first one goes, without a turn of the loop: on loopback the
/// handshake is over by then.
stage begin_connect(int fd, const tcp::endpoint& to, error_code& ec) {
  const auto length = static_cast<socklen_t>(to.size());
  if (::connect(fd, to.data(), length) == 0) return stage::connected;
  if (errno == EINPROGRESS && ::connect(fd, to.data(), length) == 0) return stage::connected;
  if (errno == EISCONN) return stage::connected;
  if (errno == EALREADY || errno == EINPROGRESS) return stage::pending;
  ec = last_error();
  return stage::failed;
}

/// Gives `fd` to `socket`, or closes it.
void assign(tcp::socket& socket, const tcp::endpoint& to, int fd, error_code& ec) {
  socket.assign(to.protocol(), fd, ec);
  if (ec)
    ::close(fd);
  else
    socket.non_blocking(true, ec);
}

asio::awaitable<error_code> finish_connect(tcp::socket& socket, deadline_set& set,
                                           deadline_set::clock::time_point until, deadline& limit) {
  deadline share(set, until);
  share.cancels(socket);
  limit.cancels(socket);
  auto [ec] = co_await socket.async_wait(tcp::socket::wait_write, tok);
  limit.cancels_nothing();
  if (share.passed() || limit.passed()) co_return error_code(asio::error::timed_out);
  if (ec) co_return ec;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
    co_return last_error();
  co_return error_code(error, boost::system::system_category());
}

/// When the next of `left` addresses is given up.
deadline_set::clock::time_point share_of(const deadline& limit, std::size_t left) {
  const auto now = deadline_set::clock::now();
  return now + (limit.when() - now) / static_cast<int>(left);
}

asio::awaitable<error_code> dial_one(tcp::socket& socket, const tcp::endpoint& to, std::size_t left,
                                     deadline& limit) {
  const int fd =
      ::socket(to.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) co_return last_error();
  error_code ec, unassigned;
  const auto begun = begin_connect(fd, to, ec);
  assign(socket, to, fd, unassigned);
  if (unassigned) co_return unassigned;
  if (begun == stage::pending)
    ec = co_await finish_connect(socket, limit.set(), share_of(limit, left), limit);
  if (!ec && talks_to_itself(socket.native_handle(), to)) ec = asio::error::connection_refused;
  co_return ec;
}

}  // namespace

std::string to_text(const tcp::endpoint& endpoint) {
  return endpoint.address().is_v6()
             ? fmt::format("[{}]:{}", endpoint.address().to_string(), endpoint.port())
             : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

std::string error_words(const error_code& ec) {
  auto words = ec.message();
  if (words.size() > 1 && std::islower(static_cast<unsigned char>(words[1])) != 0)
    words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return words;
}

asio::awaitable<std::string> dial(tcp::socket& socket, std::vector<tcp::endpoint> addresses,
                                  deadline& limit) {
  error_code first, ignored;
  for (std::size_t i = 0; i < addresses.size() && !limit.passed(); ++i) {
    const auto ec = co_await dial_one(socket, addresses[i], addresses.size() - i, limit);
    if (!ec) co_return std::string();
    socket.close(ignored);
    if (i == 0) first = ec;
  }
  const std::string more =
      addresses.size() > 1 ? fmt::format(" and {} more", addresses.size() - 1) : "";
  co_return fmt::format("{} ({}{})", error_words(first), to_text(addresses.front()), more);
}

}  // namespace aurora::reactor

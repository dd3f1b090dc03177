#include "server/server.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/task_scope.hpp"
#include "server/peer.hpp"
#include "server/session.hpp"

namespace aurora::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;
using reactor::tok;

constexpr std::string_view busy =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    "Content-Type: application/problem+json\r\nContent-Length: 71\r\n\r\n"
    R"({"type":"busy","title":"too many connections","status":503,"detail":""})";

bool out_of_descriptors(const error_code& ec) {
  return ec == boost::system::errc::too_many_files_open ||
         ec == boost::system::errc::too_many_files_open_in_system;
}

asio::ip::tcp family_of(int fd) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

}  // namespace

/// Connections of one kind, at most so many.
struct server::crowd {
  std::size_t most;
  std::list<session*> in = {};

  bool is_full() const { return in.size() >= most; }

  /// Closes the connection that has waited longest for a next request. Returns: whether there was
  /// one.
  bool make_room() {
    session* longest = nullptr;
    for (session* each : in) {
      if (each->evicted || !each->line().idle()) continue;
      if (longest == nullptr || each->line().idle_since() < longest->line().idle_since()) {
        longest = each;
      }
    }
    if (longest == nullptr) return false;
    longest->evicted = true;
    longest->line().close();
    return true;
  }
};

struct server::impl {
  impl(asio::any_io_executor executor, backend& answers, reactor::worker_pool& workers,
       server_options how)
      : with(answers, workers, std::move(how)),
        local{with.options.connections},
        tcp{with.options.tcp_connections},
        streams{with.options.streams},
        sessions(executor),
        acceptors(executor) {
    if (!with.options.history) {
      with.options.history = file_history(with.options.log_dir, with.options.run_dir);
    }
    keep_reserve();
  }
  ~impl() {
    if (reserve >= 0) ::close(reserve);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  /// A descriptor to give up when there is none left, so that a waiting client can at least be
  /// taken off the queue and closed instead of hanging in it.
  void keep_reserve() {
    if (reserve < 0) reserve = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  void turn_one_away(int listener) {
    if (reserve < 0) return;
    ::close(reserve);
    reserve = -1;
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) ::close(fd);
    keep_reserve();
  }

  template <class Listener>
  awaitable<void> accept_from(Listener& listener) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    while (!with.stopping) {
      typename Listener::socket_type socket(executor);
      auto [ec] = co_await listener.acceptor.async_accept(socket, tok);
      if (!ec) {
        admit(std::move(socket), listener);
      } else if (ec == asio::error::operation_aborted) {
        co_return;
      } else if (ec != asio::error::connection_aborted) {
        if (out_of_descriptors(ec)) turn_one_away(listener.acceptor.native_handle());
        pause.expires_after(with.options.accept_pause);
        co_await pause.async_wait(tok);
      }
    }
  }

  template <class Socket, class Listener>
  void admit(Socket socket, const Listener& from) {
    const int fd = socket.native_handle();
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    crowd& into = from.enters(*this);
    if (into.is_full() && !into.make_room()) {
      if (!from.speaks_tls()) ::send(fd, busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return;
    }
    caller who = from.caller_of(fd, with.options);
    sessions.spawn(serve(from.stream_of(std::move(socket)), std::move(who), into));
  }

  awaitable<void> serve(byte_stream stream, caller who, crowd& into) {
    session here(std::move(stream), with, std::move(who));
    registration listed(into, here);
    here.on_stream = [&listed, this] { return listed.move_to(streams); };
    co_await here.run();
  }

  struct registration {
    registration(crowd& into, session& what)
        : in(&into), at(into.in.insert(into.in.end(), &what)) {}
    ~registration() { in->in.erase(at); }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;

    bool move_to(crowd& other) {
      if (other.is_full()) return false;
      other.in.splice(other.in.end(), in->in, at);
      in = &other;
      return true;
    }

    crowd* in;
    std::list<session*>::iterator at;
  };

  struct unix_listener {
    using socket_type = asio::local::stream_protocol::socket;
    asio::local::stream_protocol::acceptor acceptor;

    static crowd& enters(impl& all) { return all.local; }
    static bool speaks_tls() { return false; }
    static byte_stream stream_of(socket_type socket) {
      return byte_stream(stream_socket(std::move(socket)));
    }
    static caller caller_of(int fd, const server_options& options) {
      const auto peer = peer_of(fd, options.group);
      caller out;
      out.may_enter = peer.may_enter;
      out.shown = "uid " + std::to_string(peer.uid) + " (pid " + std::to_string(peer.pid) +
                  ") on the control socket";
      return out;
    }
  };

  struct tcp_listener {
    using socket_type = asio::ip::tcp::socket;
    asio::ip::tcp::acceptor acceptor;
    tcp_entrance how;

    static crowd& enters(impl& all) { return all.tcp; }
    bool speaks_tls() const { return how.tls != nullptr; }
    byte_stream stream_of(socket_type socket) const {
      stream_socket plain(std::move(socket));
      return how.tls ? byte_stream(std::move(plain), *how.tls) : byte_stream(std::move(plain));
    }
    caller caller_of(int fd, const server_options&) const {
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      caller out;
      out.where = wire::entrance::tcp;
      out.shown = remote_address(fd);
      out.names = how.names;
      if (how.any_address) out.names.hosts.push_back(local_host(fd));
      return out;
    }
  };

  awaitable<void> end_after(duration drain) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer limit(executor, drain);
    co_await limit.async_wait(tok);
    sessions.request_stop();
  }

  awaitable<void> stop(duration drain) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    with.stopping = true;
    for (auto& listener : unix_listeners) listener.acceptor.close();
    for (auto& listener : tcp_listeners) listener.acceptor.close();
    acceptors.request_stop();
    co_await acceptors.join();
    with.events.stop();
    for (const crowd* each : {&local, &tcp}) {
      for (session* one : each->in) {
        if (one->line().idle()) one->line().close();
      }
    }
    acceptors.spawn(end_after(drain));
    co_await sessions.join();
    acceptors.request_stop();
    co_await acceptors.join();
    with.events.stop_observing();
  }

  shared_state with;
  int reserve = -1;
  std::list<unix_listener> unix_listeners;
  std::list<tcp_listener> tcp_listeners;
  crowd local, tcp, streams;
  reactor::task_scope sessions;
  reactor::task_scope acceptors;  ///< and the limit of `stop`
};

server::server(asio::any_io_executor executor, backend& answers, reactor::worker_pool& workers,
               server_options how)
    : impl_(std::make_unique<impl>(std::move(executor), answers, workers, std::move(how))) {}

server::~server() = default;

void server::listen(int unix_listener_fd) {
  impl_->with.events.start_observing();
  asio::local::stream_protocol::acceptor acceptor(impl_->acceptors.executor());
  acceptor.assign(asio::local::stream_protocol(), unix_listener_fd);
  acceptor.non_blocking(true);
  auto& listener = impl_->unix_listeners.emplace_back(impl::unix_listener{std::move(acceptor)});
  impl_->acceptors.spawn(impl_->accept_from(listener));
}

void server::listen(int tcp_listener_fd, tcp_entrance how) {
  impl_->with.events.start_observing();
  asio::ip::tcp::acceptor acceptor(impl_->acceptors.executor());
  acceptor.assign(family_of(tcp_listener_fd), tcp_listener_fd);
  acceptor.non_blocking(true);
  auto& listener =
      impl_->tcp_listeners.emplace_back(impl::tcp_listener{std::move(acceptor), std::move(how)});
  impl_->acceptors.spawn(impl_->accept_from(listener));
}

void server::renew(tls_context with) {
  for (auto& each : impl_->tcp_listeners) {
    if (each.how.tls) each.how.tls = with;
  }
}

awaitable<void> server::stop(std::optional<duration> drain) {
  return impl_->stop(drain.value_or(impl_->with.options.drain));
}

std::size_t server::connections() const {
  return impl_->local.in.size() + impl_->tcp.in.size() + impl_->streams.in.size();
}

}  // namespace aurora::server

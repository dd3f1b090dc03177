#include "server/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/task_scope.hpp"
#include "server/peer.hpp"
#include "server/session.hpp"

namespace aurora::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::local::stream_protocol;
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

}  // namespace

struct server::impl {
  impl(asio::any_io_executor executor, backend& answers, reactor::worker_pool& workers,
       server_options how)
      : with{answers, workers, std::move(how), publisher(answers)},
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

  awaitable<void> accept_from(stream_protocol::acceptor& listener) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    while (!with.stopping) {
      stream_protocol::socket socket(executor);
      auto [ec] = co_await listener.async_accept(socket, tok);
      if (!ec) {
        admit(std::move(socket));
      } else if (ec == asio::error::operation_aborted) {
        co_return;
      } else if (ec != asio::error::connection_aborted) {
        if (out_of_descriptors(ec)) turn_one_away(listener.native_handle());
        pause.expires_after(with.options.accept_pause);
        co_await pause.async_wait(tok);
      }
    }
  }

  void admit(stream_protocol::socket socket) {
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    if (live.size() >= with.options.connections && !make_room()) {
      ::send(socket.native_handle(), busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return;
    }
    const auto peer = peer_may_enter(socket.native_handle(), with.options.group)
                          ? admission::allowed
                          : admission::forbidden;
    sessions.spawn(serve(stream_socket(std::move(socket)), peer));
  }

  /// Closes the connection that has waited longest for a next request. Returns: whether there was
  /// one.
  bool make_room() {
    session* longest = nullptr;
    for (session* each : live) {
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

  awaitable<void> serve(stream_socket socket, admission peer) {
    session here(std::move(socket), with, peer);
    const registration listed(live, here);
    co_await here.run();
  }

  struct registration {
    registration(std::list<session*>& in, session& what)
        : list(in), at(in.insert(in.end(), &what)) {}
    ~registration() { list.erase(at); }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;
    std::list<session*>& list;
    std::list<session*>::iterator at;
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
    for (auto& listener : listeners) listener.close();
    acceptors.request_stop();
    co_await acceptors.join();
    with.events.stop();
    for (session* each : live) {
      if (each->line().idle()) each->line().close();
    }
    acceptors.spawn(end_after(drain));
    co_await sessions.join();
    acceptors.request_stop();
    co_await acceptors.join();
    with.events.stop_observing();
  }

  shared_state with;
  int reserve = -1;
  std::list<stream_protocol::acceptor> listeners;
  std::list<session*> live;
  reactor::task_scope sessions;
  reactor::task_scope acceptors;  ///< and the limit of `stop`
};

server::server(asio::any_io_executor executor, backend& answers, reactor::worker_pool& workers,
               server_options how)
    : impl_(std::make_unique<impl>(std::move(executor), answers, workers, std::move(how))) {}

server::~server() = default;

void server::listen(int unix_listener_fd) {
  impl_->with.events.start_observing();
  auto& listener = impl_->listeners.emplace_back(impl_->acceptors.executor());
  listener.assign(stream_protocol(), unix_listener_fd);
  listener.non_blocking(true);
  impl_->acceptors.spawn(impl_->accept_from(listener));
}

awaitable<void> server::stop(std::optional<duration> drain) {
  return impl_->stop(drain.value_or(impl_->with.options.drain));
}

std::size_t server::connections() const { return impl_->live.size(); }

}  // namespace aurora::server

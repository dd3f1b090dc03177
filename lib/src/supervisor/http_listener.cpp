#include "supervisor/http_listener.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "config/addresses.hpp"
#include "server/on_worker.hpp"
#include "supervisor/ports.hpp"

namespace aurora::shell {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// The name under which the keeper holds it; no instance is called so.
constexpr const char* kept_name = "@http";
constexpr int backlog = 512;
constexpr auto first_pause = std::chrono::milliseconds(250);
constexpr auto longest_pause = std::chrono::seconds(5);

tcp::endpoint endpoint_of(const std::string& address) {
  const auto parts = config::split_address(address).value_or(config::host_port{});
  error_code ec;
  auto ip = asio::ip::make_address(parts.host, ec);
  if (ec) ip = asio::ip::address_v4::loopback();  // "localhost"
  return {ip, parts.port};
}

struct bound {
  reactor::unique_fd fd;
  error_code ec;
};

bound bind_to(const tcp::endpoint& wanted) {
  bound out;
  const auto failed = [&] {
    out.ec.assign(errno, boost::system::system_category());
    out.fd.reset();
    return std::move(out);
  };
  out.fd.reset(::socket(wanted.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.fd) return failed();
  const int yes = 1;  // connections of an earlier daemon may linger
  ::setsockopt(out.fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto size = static_cast<socklen_t>(wanted.size());
  if (::bind(out.fd.get(), wanted.data(), size) != 0) return failed();
  if (::listen(out.fd.get(), backlog) != 0) return failed();
  return out;
}

tcp::endpoint local_end(int fd) {
  tcp::endpoint out;
  auto size = static_cast<socklen_t>(out.capacity());
  if (::getsockname(fd, out.data(), &size) == 0) out.resize(size);
  return out;
}

std::string host_text(const asio::ip::address& ip) {
  return ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string();
}

}  // namespace

http_listener::http_listener(driver& of, server::server& with, options how)
    : driver_(of),
      server_(with),
      options_(std::move(how)),
      wanted_(endpoint_of(options_.address)),
      tasks_(of.executor()) {}

void http_listener::open() {
  if (options_.address.empty()) return;
  if (!options_.token_fault.empty()) {
    driver_.warn("http", fmt::format("nothing listens on {}, since nobody could sign in: {}",
                                     options_.address, options_.token_fault));
    return;
  }
  if (options_.tls) {
    auto made = server::make_tls(*options_.tls);
    if (!made) {
      driver_.warn("http", fmt::format("nothing listens on {}: {}; correct it and start the daemon "
                                       "again",
                                       options_.address, made.error().words));
      return;
    }
    tls_ = std::move(*made);
  }
  if (take_kept()) return;
  auto made = bind_to(wanted_);
  if (made.fd) return serve(std::move(made.fd));
  tasks_.spawn(wait_for_port(made.ec));
}

/// The one that the keeper holds, if it is still what is wanted.
bool http_listener::take_kept() {
  auto kept = driver_.take_kept(keeper::kind::socket, kept_name, 0);
  if (!kept) return false;
  const auto at = local_end(kept.get());
  const bool same =
      at.address() == wanted_.address() && (wanted_.port() == 0 || at.port() == wanted_.port());
  if (same) {
    serve(std::move(kept));
  } else if (auto* keeper = driver_.keeper()) {
    keeper->release(keeper::kind::socket, kept_name, 0);
  }
  return same;
}

void http_listener::serve(reactor::unique_fd listener) {
  const auto at = local_end(listener.get());
  if (auto* keeper = driver_.keeper())
    keeper->hold(keeper::kind::socket, kept_name, 0, listener.get());
  server_.listen(listener.release(), entrance_to(at));
  driver_.log(log_level::info, fmt::format("listening on {}", url_of(at)));
  options_.on_listening(url_of(at));
}

asio::awaitable<void> http_listener::wait_for_port(error_code first) {
  asio::steady_timer pause(driver_.executor());
  auto wait = std::chrono::steady_clock::duration(first_pause);
  std::string words = co_await fault(first);
  driver_.warn("http", words);
  for (;;) {
    pause.expires_after(wait);
    co_await pause.async_wait(reactor::tok);
    wait = std::min<std::chrono::steady_clock::duration>(wait * 2, longest_pause);
    auto made = bind_to(wanted_);
    if (!made.fd) continue;
    driver_.warn("http", "");
    co_return serve(std::move(made.fd));
  }
}

/// Looks for the holder on a worker: that reads all of /proc.
asio::awaitable<std::string> http_listener::fault(error_code why) {
  const auto goes_on = std::string_view(
      "the API is served on the control socket alone; the port is taken as soon as it is free "
      "(or choose another: http.listen, --http)");
  if (why != boost::system::errc::address_in_use)
    co_return fmt::format("cannot listen on {}: {}; {}", options_.address, why.message(), goes_on);
  auto look = [port = wanted_.port()] { return who_listens(port); };
  const auto holder = co_await server::on_worker(driver_.workers(), std::move(look));
  std::string who = "somebody who cannot be seen from here";
  if (holder && holder->pid != 0) who = fmt::format("{} (pid {})", holder->program, holder->pid);
  co_return fmt::format("{} is held by {}; {}", options_.address, who, goes_on);
}

server::tcp_entrance http_listener::entrance_to(const endpoint& at) const {
  server::tcp_entrance out;
  out.tls = tls_;
  out.names.tls = tls_ != nullptr;
  out.names.port = at.port();
  out.names.further = options_.hosts;
  out.any_address = at.address().is_unspecified();
  if (out.any_address || at.address().is_loopback()) out.names.hosts = wire::loopback_hosts();
  const auto own = host_text(at.address());
  const auto& known = out.names.hosts;
  if (!out.any_address && std::find(known.begin(), known.end(), own) == known.end())
    out.names.hosts.push_back(own);
  return out;
}

/// With TLS under a name that the certificate can be for, where one is configured.
std::string http_listener::url_of(const endpoint& at) const {
  const char* scheme = tls_ ? "https" : "http";
  if (tls_ && !options_.hosts.empty()) {
    const auto& name = options_.hosts.front();
    const bool has_port = name.find(':', name.rfind(']') + 1) != std::string::npos;
    return has_port ? fmt::format("{}://{}", scheme, name)
                    : fmt::format("{}://{}:{}", scheme, name, at.port());
  }
  const auto ip = at.address().is_unspecified()
                      ? asio::ip::address(asio::ip::address_v4::loopback())
                      : at.address();
  return fmt::format("{}://{}:{}", scheme, host_text(ip), at.port());
}

void http_listener::renew() {
  if (tls_) tasks_.spawn(read_certificate());
}

asio::awaitable<void> http_listener::read_certificate() {
  auto read = [files = *options_.tls] { return server::make_tls(files); };
  auto made = co_await server::on_worker(driver_.workers(), std::move(read));
  driver_.warn("http.tls", made ? "" : made.error().words + "; the one read before stays");
  if (made) server_.renew(std::move(*made));
}

asio::awaitable<void> http_listener::stop() {
  tasks_.request_stop();
  co_await tasks_.join();
}

}  // namespace aurora::shell

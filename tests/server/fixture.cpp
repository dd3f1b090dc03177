#include "server/fixture.hpp"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

namespace aurora::server {

namespace asio = boost::asio;

struct running_server::machinery {
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{loop.get_executor()};
  reactor::worker_pool workers;
  std::optional<server> serving;
  std::thread thread;
};

namespace {

int free_listener(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  BOOST_REQUIRE(::bind(fd, address, size) == 0);
  BOOST_REQUIRE(::listen(fd, 128) == 0);
  BOOST_REQUIRE(::getsockname(fd, address, &size) == 0);
  port = ntohs(at.sin_port);
  return fd;
}

tcp_entrance entrance_at(std::uint16_t port) {
  tcp_entrance out;
  out.names.hosts = wire::loopback_hosts();
  out.names.port = port;
  out.names.further = {"ops.example"};
  return out;
}

}  // namespace

running_server::running_server(server_options how, mode_t mode)
    : socket(dir.path + "/aurorad.sock"),
      backend(dir.path),
      machinery_(std::make_unique<machinery>()) {
  auto& all = *machinery_;
  how.log_dir = how.run_dir = dir.path;
  if (how.token.empty()) how.token = good_token;
  all.serving.emplace(all.loop.get_executor(), backend, all.workers, std::move(how));
  const auto fd = bind_unix_socket(socket, mode, std::nullopt);
  BOOST_REQUIRE(fd.has_value());
  all.serving->listen(*fd);
  const int listener = free_listener(port);
  all.serving->listen(listener, entrance_at(port));
  all.thread = std::thread([&all] { all.loop.run(); });
}

running_server::~running_server() {
  stop();
  BOOST_TEST(backend.observers.empty());
  BOOST_TEST(backend.followers.empty());
}

void running_server::stop() {
  auto& all = *machinery_;
  if (!all.thread.joinable()) return;
  begin_stop().get();
  BOOST_TEST(all.serving->connections() == 0u);
  all.guard.reset();
  all.thread.join();
  all.serving.reset();
  all.workers.join();
}

std::future<void> running_server::begin_stop() {
  return asio::co_spawn(machinery_->loop, machinery_->serving->stop(), asio::use_future);
}

void running_server::run(const std::function<void()>& what) {
  const auto task = std::make_shared<std::packaged_task<void()>>(what);
  auto done = task->get_future();
  asio::post(machinery_->loop, [task] { (*task)(); });
  done.get();
}

bool running_server::eventually(const std::function<bool()>& what) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!on_loop(what)) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

std::size_t running_server::connections() const { return machinery_->serving->connections(); }

bool running_server::comes_to(std::size_t connections) {
  return eventually([&] { return machinery_->serving->connections() == connections; });
}

}  // namespace aurora::server

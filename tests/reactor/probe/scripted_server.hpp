#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include "reactor/probe/prober.hpp"
#include "reactor/task_scope.hpp"

namespace aurora::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using reactor::tok;

/// Runs the loop until `done`; false after `limit`, which no passing test comes near.
template <class Done>
bool run_until(asio::io_context& loop, Done done,
               std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (loop.stopped()) loop.restart();
    if (std::chrono::steady_clock::now() >= end) return false;
    loop.run_one_until(end);
  }
  return true;
}

/// Ends the scope's tasks. The request is made within the loop: from outside, asio 1.81 posts the
/// cancellation with a pointer into the signal, which a task that ends first has freed.
inline void stop(asio::io_context& loop, reactor::task_scope& scope) {
  bool asked = false;
  asio::post(loop, [&] {
    scope.request_stop();
    asked = true;
  });
  BOOST_TEST(run_until(loop, [&] { return asked && scope.size() == 0; }));
}

/// A server on a port of the kernel's choice, on the same loop as what it serves: each connection
/// is given to the script, one after the other in any number.
class scripted_server {
 public:
  using script = std::function<asio::awaitable<void>(tcp::socket&)>;

  scripted_server(asio::io_context& loop, script play,
                  asio::ip::address on = asio::ip::address_v4::loopback())
      : loop_(loop),
        acceptor_(loop, tcp::endpoint(on, 0)),
        play_(std::move(play)),
        scope_(loop.get_executor()) {
    scope_.spawn(accept());
  }
  ~scripted_server() {
    acceptor_.close();
    stop(loop_, scope_);
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& scheme = "http", const std::string& path = "/health") const {
    return scheme + "://127.0.0.1:" + std::to_string(port()) + path;
  }
  unsigned accepted = 0;
  unsigned open = 0;  ///< connections that the script is not done with
  unsigned most_open = 0;

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket(loop_);
      auto [ec] = co_await acceptor_.async_accept(socket, tok);
      if (ec) co_return;
      ++accepted;
      scope_.spawn(serve(std::move(socket)));
    }
  }
  struct counted {
    explicit counted(scripted_server& server) : server_(server) {
      server.most_open = std::max(server.most_open, ++server.open);
    }
    ~counted() { --server_.open; }
    scripted_server& server_;
  };
  asio::awaitable<void> serve(tcp::socket socket) {
    counted one(*this);
    co_await play_(socket);
  }

  asio::io_context& loop_;
  tcp::acceptor acceptor_;
  script play_;
  reactor::task_scope scope_;
};

inline asio::awaitable<std::string> read_request(tcp::socket& socket) {
  std::string bytes;
  auto buffer = asio::dynamic_buffer(bytes, 64 * 1024);
  co_await asio::async_read_until(socket, buffer, "\r\n\r\n", tok);
  co_return bytes;
}

inline asio::awaitable<bool> send(tcp::socket& socket, std::string bytes) {
  auto [ec, n] = co_await asio::async_write(socket, asio::buffer(bytes), tok);
  co_return !ec;
}

/// Until the other side closes.
inline asio::awaitable<void> until_closed(tcp::socket& socket) {
  std::string bytes(4096, '\0');
  for (;;) {
    auto [ec, n] = co_await socket.async_read_some(asio::buffer(bytes), tok);
    if (ec) co_return;
  }
}

/// So that the close is seen as a reset.
inline void reset(tcp::socket& socket) {
  socket.set_option(asio::socket_base::linger(true, 0));
  socket.close();
}

inline asio::awaitable<void> answer(tcp::socket& socket, std::string bytes, std::string* asked) {
  auto request = co_await read_request(socket);
  if (asked != nullptr) *asked = std::move(request);
  co_await send(socket, std::move(bytes));
}

/// Reads the request, answers these bytes, closes.
inline scripted_server::script answers(std::string bytes, std::string* asked = nullptr) {
  return [bytes, asked](tcp::socket& socket) { return answer(socket, bytes, asked); };
}

inline scripted_server::script never_answers() {
  return [](tcp::socket& socket) { return until_closed(socket); };
}

/// A loop, a prober and what it needs.
struct probing {
  probing() : probing(reactor::resolve_by_system) {}
  explicit probing(reactor::resolve_function resolve)
      : prober(
            std::make_unique<reactor::prober>(loop.get_executor(), workers, std::move(resolve))) {}
  ~probing() {
    stop(loop, scope);
    workers.join();
  }

  void start(reactor::probe_request request, duration timeout, reactor::probe_outcome& into,
             bool& done) {
    scope.spawn(ask(std::move(request), timeout, into, done));
  }

  reactor::probe_outcome run(reactor::probe_request request,
                             duration timeout = std::chrono::seconds(20)) {
    reactor::probe_outcome outcome;
    bool done = false;
    start(std::move(request), timeout, outcome, done);
    BOOST_TEST(run_until(loop, [&] { return done; }));
    return outcome;
  }

  asio::io_context loop{1};
  reactor::worker_pool workers;
  std::unique_ptr<reactor::prober> prober;
  reactor::task_scope scope{loop.get_executor()};

 private:
  asio::awaitable<void> ask(reactor::probe_request request, duration timeout,
                            reactor::probe_outcome& into, bool& done) {
    auto outcome = co_await prober->probe(std::move(request), timeout);
    into = std::move(outcome);
    done = true;
  }
};

inline reactor::http_request get(std::string url) {
  reactor::http_request request;
  request.url = std::move(url);
  request.status.push_back(status_range());
  return request;
}

}  // namespace aurora::test

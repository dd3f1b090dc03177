#include <sys/resource.h>

#include <list>

#include "server/fixture.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;

const std::string ping = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

BOOST_AUTO_TEST_SUITE(limits)

// A header or body that does not come in time is told so and closed (A01).
BOOST_AUTO_TEST_CASE(slow_requests) {
  server_options how;
  how.header_time = how.body_time = 50ms;
  running_server on(how);
  auto header = on.client();
  header.send("GET /healthz HTTP/1.1\r\nHost:");
  BOOST_TEST(header.read().status == 408);
  BOOST_TEST(header.rest() == "");
  auto body = on.client();
  body.send(
      "POST /api/v1/start HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
      "9\r\n\r\n{");
  BOOST_TEST(body.read().status == 408);
  BOOST_TEST(body.rest() == "");
}

// A header that comes byte by byte has no more time than one that comes at once.
BOOST_AUTO_TEST_CASE(dripping_header) {
  server_options how;
  how.header_time = 100ms;
  running_server on(how);
  auto client = on.client();
  client.send("GET /healthz HTTP/1.1\r\n");
  pollfd answered{client.fd(), POLLIN, 0};
  while (::poll(&answered, 1, 5) == 0 && client.send("X: y\r\n")) {
  }
  BOOST_TEST(client.read().status == 408);
}

// A connection without requests is closed without a word.
BOOST_AUTO_TEST_CASE(idle) {
  server_options how;
  how.keep_alive = 50ms;
  running_server on(how);
  auto fresh = on.client();
  BOOST_TEST(fresh.rest() == "");
  auto used = on.client();
  BOOST_TEST(used.get("/healthz").status == 200);
  BOOST_TEST(used.rest() == "");
}

// A client that does not read its answer is cut off; others are not held up (A01).
BOOST_AUTO_TEST_CASE(slow_reader) {
  server_options how;
  how.write_stall = 100ms;
  running_server on(how);
  on.on_loop([&] {
    for (int i = 0; i < 5000; ++i) on.backend.add("service-" + std::to_string(i));
  });
  auto stuck = on.client();
  BOOST_REQUIRE(stuck.send("GET /api/v1/status HTTP/1.1\r\nHost: a\r\n\r\n"));
  auto other = on.client();
  BOOST_TEST(other.get("/healthz").status == 200);
  BOOST_TEST(on.comes_to(1));
}

// One connection too many takes the place of the one that is idle longest (A02).
BOOST_AUTO_TEST_CASE(makes_room) {
  server_options how;
  how.connections = 4;
  running_server on(how);
  std::list<raw_client> clients;
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(clients.emplace_back(on.socket).get("/healthz").status == 200);
  BOOST_TEST(clients.front().get("/healthz").status == 200);  // now the second is idle longest
  auto fifth = on.client();
  BOOST_TEST(fifth.get("/healthz").status == 200);
  BOOST_TEST(std::next(clients.begin())->rest() == "");
  BOOST_TEST(clients.front().get("/healthz").status == 200);
  BOOST_TEST(clients.back().get("/healthz").status == 200);
}

// Where all are busy, one more gets a 503 and the end; a free place is there again afterwards
// (A02).
BOOST_AUTO_TEST_CASE(all_busy) {
  server_options how;
  how.connections = 2;
  running_server on(how);
  on.on_loop([&] { on.backend.hold = true; });
  raw_client waiting[]{raw_client(on.socket), raw_client(on.socket)};
  for (auto& each : waiting) each.send("POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_REQUIRE(on.eventually([&] { return on.backend.waiting.size() == 2; }));
  auto third = on.client();
  const auto answer = third.read();
  BOOST_TEST(answer.status == 503);
  BOOST_TEST(boost::json::parse(answer.body).at("type").as_string() == "busy");
  BOOST_TEST(third.rest() == "");
  on.on_loop([&] { on.backend.release(); });
  for (auto& each : waiting) BOOST_TEST(each.read().status == 200);
  auto fourth = on.client();
  BOOST_TEST(fourth.get("/healthz").status == 200);
}

// A thousand connections that say nothing do not keep others out.
BOOST_AUTO_TEST_CASE(flood_of_connections) {
  server_options how;
  how.connections = 8;
  running_server on(how);
  std::list<raw_client> idle;
  for (int i = 0; i < 300; ++i) {
    idle.emplace_back(on.socket);
    if (i % 50 == 0) {
      auto client = on.client();
      BOOST_TEST(client.get("/healthz").status == 200);
    }
  }
  BOOST_TEST(on.comes_to(8));
}

// Without descriptors left a client is turned away instead of hanging, and the next ones are served
// once there are some again.
BOOST_AUTO_TEST_CASE(no_descriptors) {
  server_options how;
  how.accept_pause = 10ms;
  running_server on(how);
  auto served = on.client();
  BOOST_TEST(served.get("/healthz").status == 200);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  // While the loop is here it does not accept: the client waits in the queue when there are none
  // left.
  const auto turned_away = on.on_loop([&] {
    auto waiting = std::make_shared<raw_client>(on.socket);
    const int next = ::dup(waiting->fd());
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
    BOOST_TEST(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    return waiting;
  });
  BOOST_TEST(turned_away->rest() == "");
  ::setrlimit(RLIMIT_NOFILE, &before);
  auto client = on.client();
  BOOST_TEST(client.get("/healthz").status == 200);
}

// What is under way when the server stops still gets its answer; what is idle is closed.
BOOST_AUTO_TEST_CASE(stopping) {
  server_options how;
  how.drain = 30s;
  running_server on(how);
  on.on_loop([&] { on.backend.hold = true; });
  auto idle = on.client();
  BOOST_TEST(idle.get("/healthz").status == 200);
  auto waiting = on.client();
  waiting.send("POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_REQUIRE(on.eventually([&] { return on.backend.waiting.size() == 1; }));
  auto stopped = on.begin_stop();
  BOOST_TEST(idle.rest() == "");
  on.on_loop([&] { on.backend.release(); });
  BOOST_TEST(waiting.read().status == 200);
  BOOST_TEST(waiting.rest() == "");
  stopped.get();
  BOOST_TEST(!raw_client(on.socket).connected());
}

// What does not end by itself is ended when the time is up.
BOOST_AUTO_TEST_CASE(stopping_by_force) {
  server_options how;
  how.drain = 20ms;
  running_server on(how);
  on.on_loop([&] { on.backend.hold = true; });
  auto waiting = on.client();
  waiting.send("POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_REQUIRE(on.eventually([&] { return on.backend.waiting.size() == 1; }));
  on.stop();
  BOOST_TEST(waiting.rest() == "");
  BOOST_TEST(on.backend.abandoned == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

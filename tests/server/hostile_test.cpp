#include <random>

#include "server/fixture.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;

const std::string smuggled = "POST /api/v1/shutdown HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post_with(const std::string& fields, const std::string& body = "") {
  return "POST /api/v1/start HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + fields +
         "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post_with("Transfer-Encoding: chunked\r\n", body);
}

BOOST_AUTO_TEST_SUITE(hostile)

// What could be read in two ways is answered with 400 and the end, and nothing behind it is ever
// taken for a request (A06).
BOOST_AUTO_TEST_CASE(smuggling) {
  running_server on;
  const std::string heads[] = {
      post_with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      post_with("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"),
      post_with("Content-Length: 2\r\nContent-Length: 60\r\n", "{}"),
      post_with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
      post_with("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
      post_with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
      "POST /api/v1/start HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /healthz HTTP/1.1\r\n\r\n",
      post_with("Host: b\r\n"),
      "GET /healthz HTTP/1.1\nHost: a\n\n",
      "GET http://evil.test/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
      chunked("2;x\n\r\n{}\r\n0\r\n\r\n"),
      chunked("2\n{}\r\n0\r\n\r\n"),
      chunked("0x2\r\n{}\r\n0\r\n\r\n"),
      chunked("+2\r\n{}\r\n0\r\n\r\n"),
      chunked("2 \r\n{}\r\n0\r\n\r\n"),
      chunked("-1\r\n{}\r\n0\r\n\r\n"),
      chunked("2\r\n{}x\r\n0\r\n\r\n"),
      chunked("2\r\n{}0\r\n\r\n"),
      chunked("fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
      chunked("\r\n{}\r\n0\r\n\r\n"),
      chunked("2\r\n{}\r\n0\r\nbad trailer\r\n\r\n"),
  };
  for (const auto& head : heads) {
    BOOST_TEST_CONTEXT(head) {
      auto client = on.client();
      client.send(head + smuggled);
      const auto answer = client.read();
      BOOST_TEST((answer.status == 400 || answer.status == 413));
      BOOST_TEST(answer.field("Connection") == "close");
      BOOST_TEST(client.rest() == "");
    }
  }
  on.on_loop([&] {
    BOOST_TEST(on.backend.ended == "");
    BOOST_TEST(on.backend.changes == 0);
  });
}

// A header that is too large, has too many fields or too long a target has its own status (A03).
BOOST_AUTO_TEST_CASE(large_headers) {
  running_server on;
  const auto status = [&](const std::string& request) {
    auto client = on.client();
    client.send(request);
    const auto answer = client.read();
    BOOST_TEST(client.rest() == "");
    return answer.status;
  };
  BOOST_TEST(status("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8192, 'x') + "\r\n\r\n") ==
             431);
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "X: y\r\n";
  BOOST_TEST(status("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") == 431);
  BOOST_TEST(status("GET /" + std::string(9 * 1024, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414);
}

// A body beyond the limit is refused before it is read, by its length or as its chunks come (A04).
BOOST_AUTO_TEST_CASE(large_bodies) {
  server_options how;
  how.body = 4096;
  running_server on(how);
  auto by_length = on.client();
  by_length.send(post_with("Content-Length: 4097\r\n"));
  BOOST_TEST(by_length.read().status == 413);
  auto by_chunks = on.client();
  by_chunks.send(chunked(""));
  const std::string chunk = "400\r\n" + std::string(1024, ' ') + "\r\n";
  for (int i = 0; i < 5; ++i) by_chunks.send(chunk);
  BOOST_TEST(by_chunks.read().status == 413);
  auto at_limit = on.client();
  at_limit.send(post_with("Content-Length: 4096\r\n", "{}" + std::string(4094, ' ')));
  BOOST_TEST(at_limit.read().status == 202);
}

// Chunk framing costs no more than so many bytes, whatever it frames (A08).
BOOST_AUTO_TEST_CASE(endless_framing) {
  server_options how;
  how.body = 64 * 1024;
  running_server on(how);
  auto tiny = on.client();
  tiny.send(chunked(""));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "1;pad=aaaaaaaaaaaaaaaa\r\n \r\n";
  int rounds = 0;
  while (rounds < 100 && tiny.send(many)) ++rounds;
  BOOST_TEST(tiny.read().status == 413);
  auto trailers = on.client();
  trailers.send(chunked("0\r\n"));
  for (rounds = 0; rounds < 10'000 && trailers.send("X: y\r\n"); ++rounds) {
  }
  BOOST_TEST(trailers.read().status == 400);
}

// Random bytes end in a refusal or the end, and the server goes on.
BOOST_AUTO_TEST_CASE(garbage) {
  running_server on;
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(1 + random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 256);
    if (round % 2 == 0) bytes = "GET /healthz HTTP/1.1\r\nHost: a\r\n" + bytes;
    auto client = on.client();
    client.send(bytes + "\n");
    const auto answer = client.read();
    BOOST_TEST((answer.status >= 400 && answer.status < 500));
  }
  auto client = on.client();
  BOOST_TEST(client.get("/healthz").status == 200);
}

// Clients that vanish at any point leave nothing behind (A11).
BOOST_AUTO_TEST_CASE(vanishing) {
  running_server on;
  on.on_loop([&] { on.backend.hold = true; });
  const std::string requests[] = {
      "",
      "GET /he",
      "GET /api/v1/status HTTP/1.1\r\nHost: a\r\n\r\n",
      post_with("Content-Length: 100\r\n", "{"),
      "POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /api/v1/events?follow=1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /api/v1/services/db/logs?follow=1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /api/v1/stream HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  };
  const auto before = open_descriptors();
  for (int round = 0; round < 100; ++round) {
    for (const auto& request : requests) {
      auto client = on.client();
      BOOST_REQUIRE(client.connected());
      client.send(request);
    }
  }
  BOOST_TEST(on.comes_to(0));
  BOOST_TEST(
      on.eventually([&] { return on.backend.waiting.empty() && on.backend.followers.empty(); }));
  BOOST_TEST(open_descriptors() <= before + 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

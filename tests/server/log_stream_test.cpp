#include "server/fixture.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;

std::string all_chunks(raw_client& client) {
  std::string out;
  for (std::string chunk; !(chunk = client.chunk()).empty();) out += chunk;
  return out;
}

std::vector<boost::json::value> objects(const std::string& lines) {
  std::vector<boost::json::value> out;
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = lines.find('\n', at);
    out.push_back(boost::json::parse(lines.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

struct log_request {
  explicit log_request(running_server& on, const std::string& target,
                       const std::string& fields = "")
      : client(on.socket) {
    client.send("GET /api/v1/services/" + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    head = client.until("\r\n\r\n");
  }
  raw_client client;
  std::string head;
};
const std::string as_json = "Accept: application/x-ndjson\r\n";

BOOST_AUTO_TEST_SUITE(log_stream)

// Text comes as it was written, the last lines only, binary bytes and a missing newline included.
BOOST_AUTO_TEST_CASE(raw) {
  running_server on;
  const std::string last = std::string("\xFF\x00\x1b[31m\r\n", 9) + "no newline";
  on.on_loop([&] {
    for (int i = 0; i < 1000; ++i) on.backend.print("db", "line " + std::to_string(i) + "\n");
    on.backend.print("db", last);
  });
  log_request three(on, "db/logs?lines=3");
  BOOST_TEST(three.head.find("Content-Type: text/plain\r\n") != std::string::npos);
  BOOST_TEST(all_chunks(three.client) == "line 999\n" + last);
  BOOST_TEST(three.client.get("/healthz").status == 200);
  log_request everything(on, "db/logs?lines=100000");
  BOOST_TEST(all_chunks(everything.client).size() ==
             on.on_loop([&] { return on.backend.written["db"]; }));
  log_request none(on, "db/logs?lines=0");
  BOOST_TEST(all_chunks(none.client) == "");
}

// As JSON each line has its offset, and is valid UTF-8 whatever was written (L03).
BOOST_AUTO_TEST_CASE(json) {
  running_server on;
  on.on_loop([&] { on.backend.print("db", "one\n\xFF\n" + std::string(70'000, 'x') + "\nend"); });
  log_request request(on, "db/logs", as_json);
  BOOST_TEST(request.head.find("Content-Type: application/x-ndjson") != std::string::npos);
  const auto lines = objects(all_chunks(request.client));
  BOOST_REQUIRE(lines.size() == 5u);
  BOOST_TEST(lines[0].at("name").as_string() == "db");
  BOOST_TEST(lines[0].at("text").as_string() == "one");
  BOOST_TEST(lines[1].at("text").as_string() == "\xEF\xBF\xBD");
  BOOST_TEST(lines[1].at("offset").as_int64() == 4);
  BOOST_TEST(lines[2].at("partial").as_bool());
  BOOST_TEST(lines[2].at("text").as_string().size() <= 65536u);
  BOOST_TEST(!lines[3].at("partial").as_bool());
  BOOST_TEST(lines[4].at("text").as_string() == "end");
  BOOST_TEST(lines[4].at("partial").as_bool());
}

// The logs of all instances of a service come as one.
BOOST_AUTO_TEST_CASE(instances) {
  running_server on;
  on.on_loop([&] {
    on.backend.print("web@1", "first\n");
    on.backend.print("web@2", "second\n");
  });
  log_request request(on, "web/logs", as_json);
  const auto lines = objects(all_chunks(request.client));
  BOOST_REQUIRE(lines.size() == 2u);
  BOOST_TEST((lines[0].at("name") != lines[1].at("name")));
}

// History and what follows are one, whenever one attaches: no byte missing, none twice (L12).
BOOST_AUTO_TEST_CASE(no_gap_no_duplicate) {
  running_server on;
  constexpr int attaches = 60;
  int number = 0;
  const auto print_some = [&] {
    for (int i = 0; i < 40; ++i) {
      // Now and then half a line, so that the seam falls into lines, too.
      const std::string line = "line " + std::to_string(number++) + "\n";
      on.backend.print("db", line.substr(0, 4));
      on.backend.print("db", line.substr(4));
    }
    on.backend.print("db", "line ");
    on.backend.print("db", std::to_string(number++) + "\n");
  };
  for (int round = 0; round < attaches; ++round) {
    on.on_loop(print_some);
    on.on_loop([&] { on.backend.print("db", "line "); });
    raw_client client(on.socket);
    client.send("GET /api/v1/services/db/logs?follow=1&lines=100000 HTTP/1.1\r\nHost: a\r\n\r\n");
    on.on_loop([&] { on.backend.print("db", std::to_string(number++) + "\n"); });
    on.on_loop(print_some);
    client.until("\r\n\r\n");
    const auto size = on.on_loop([&] { return on.backend.written["db"]; });
    std::string got;
    while (got.size() < size) got += client.chunk();
    std::string wanted;
    for (int i = 0; i < number; ++i) wanted += "line " + std::to_string(i) + "\n";
    BOOST_REQUIRE(got == wanted);
  }
}

// A follower that does not read loses lines, which are counted where they are missing; the rest
// stays whole and in order (L13).
BOOST_AUTO_TEST_CASE(slow_follower) {
  server_options how;
  how.queue = 64 * 1024;
  running_server on(how);
  log_request slow(on, "db/logs?follow=1&lines=0", as_json);
  BOOST_REQUIRE(on.eventually([&] { return on.backend.followers.size() == 1; }));
  constexpr std::int64_t total = 20'000;
  on.on_loop([&] {
    for (std::int64_t i = 0; i < total; ++i)
      on.backend.print("db", std::to_string(i) + std::string(200, '.') + "\n");
  });
  on.on_loop([&] { on.backend.print("db", "the end\n"); });
  std::int64_t seen = 0;
  std::int64_t dropped = 0;
  bool gap = false;
  for (std::string held; seen + dropped < total + 1;) {
    held += slow.client.chunk();
    std::size_t end;
    while ((end = held.find('\n')) != held.npos) {
      const auto object = boost::json::parse(held.substr(0, end)).as_object();
      held.erase(0, end + 1);
      if (const auto* lines = object.if_contains("dropped")) {
        dropped += lines->as_int64();
        gap = true;
        continue;
      }
      const std::string text(object.at("text").as_string());
      if (text == "the end") {
        BOOST_TEST(seen + dropped == total);
      } else {
        BOOST_REQUIRE(std::stoll(text) == seen + dropped);
      }
      ++seen;
    }
  }
  BOOST_TEST(gap);
  BOOST_TEST(dropped > 0);
}

// Old clients get the bytes up to the end of the connection.
BOOST_AUTO_TEST_CASE(http_1_0) {
  running_server on;
  on.on_loop([&] { on.backend.print("db", "hello\n"); });
  auto client = on.client();
  client.send("GET /api/v1/services/db/logs HTTP/1.0\r\n\r\n");
  client.until("\r\n\r\n");
  BOOST_TEST(client.rest() == "hello\n");
}

// Followers end with the server, properly.
BOOST_AUTO_TEST_CASE(ends_with_the_server) {
  running_server on;
  log_request request(on, "db/logs?follow=1");
  BOOST_REQUIRE(on.eventually([&] { return on.backend.followers.size() == 1; }));
  on.stop();
  BOOST_TEST(request.client.rest() == "0\r\n\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

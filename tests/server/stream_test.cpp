#include <algorithm>

#include "server/fixture.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(event_stream)

std::vector<std::int64_t> sequences(const boost::json::value& answer) {
  std::vector<std::int64_t> out;
  for (const auto& each : answer.at("events").as_array())
    out.push_back(each.at("sequence").as_int64());
  return out;
}

// Events are read from where the client stands, or from the end.
BOOST_AUTO_TEST_CASE(windows) {
  running_server on;
  on.on_loop([&] {
    for (int i = 0; i < 10; ++i) on.backend.happen("db", state::running);
  });
  auto client = on.client();
  const auto events = [&](const std::string& query) {
    return sequences(boost::json::parse(client.get("/api/v1/events" + query).body));
  };
  BOOST_TEST(events("").size() == 10u);
  BOOST_TEST((events("?since=7") == std::vector<std::int64_t>{8, 9, 10}));
  BOOST_TEST((events("?since=3&limit=2") == std::vector<std::int64_t>{4, 5}));
  BOOST_TEST((events("?last=2") == std::vector<std::int64_t>{9, 10}));
  BOOST_TEST(events("?since=99").empty());
  BOOST_TEST(events("?last=0").empty());
}

// Followed events come one a line, each once, in order, from the number asked for.
BOOST_AUTO_TEST_CASE(followed) {
  running_server on;
  on.on_loop([&] {
    for (int i = 0; i < 3; ++i) on.backend.happen("db", state::running);
  });
  auto client = on.client();
  client.send("GET /api/v1/events?follow=1&since=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.until("\r\n\r\n");
  BOOST_TEST(head.find("Content-Type: application/x-ndjson") != head.npos);
  BOOST_TEST(head.find("Transfer-Encoding: chunked") != head.npos);
  std::string lines = client.chunk();
  on.on_loop([&] {
    for (int i = 0; i < 500; ++i) on.backend.happen("web@1", state::running);
  });
  while (std::count(lines.begin(), lines.end(), '\n') < 502) lines += client.chunk();
  std::int64_t expected = 2;
  for (std::size_t at = 0; at < lines.size(); ++expected) {
    const auto end = lines.find('\n', at);
    const auto event = boost::json::parse(lines.substr(at, end - at));
    BOOST_REQUIRE(event.at("sequence").as_int64() == expected);
    at = end + 1;
  }
  BOOST_TEST(expected == 504);
}

// Without a number only what happens from now on is told.
BOOST_AUTO_TEST_CASE(from_now) {
  running_server on;
  on.on_loop([&] { on.backend.happen("db", state::running); });
  auto client = on.client();
  client.send("GET /api/v1/events?follow=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.until("\r\n\r\n");
  on.on_loop([&] { on.backend.happen("db", state::stopped); });
  BOOST_TEST(boost::json::parse(client.chunk()).at("sequence").as_int64() == 2);
}

// When the server stops a follower gets a proper end.
BOOST_AUTO_TEST_CASE(ends_with_the_server) {
  running_server on;
  auto client = on.client();
  client.send("GET /api/v1/events?follow=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.until("\r\n\r\n");
  on.stop();
  BOOST_TEST(client.rest() == "0\r\n\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

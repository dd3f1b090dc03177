#include <list>

#include "server/fixture.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;

std::string get(std::string_view target, const std::string& fields) {
  return "GET " + std::string(target) + " HTTP/1.1\r\n" + fields + "\r\n";
}

BOOST_AUTO_TEST_SUITE(tcp)

// Everything works as on the socket, with a token.
BOOST_AUTO_TEST_CASE(with_token) {
  running_server on;
  auto client = on.tcp();
  BOOST_TEST(client.get("/healthz").status == 200);
  client.token = good_token;
  const auto answer = client.get("/api/v1/status");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(boost::json::parse(answer.body).at("services").as_array().size() == 3u);
  BOOST_TEST(client.post("/api/v1/stop", R"({"services": ["web"]})").status == 202);
  for (const char* name : {"localhost", "[::1]", "LocalHost"}) {
    client.host = std::string(name) + ":" + std::to_string(on.port);
    BOOST_TEST(client.get("/api/v1/status").status == 200);
  }
  client.host = "ops.example";
  BOOST_TEST(client.get("/api/v1/status").status == 200);
}

// A name that was made to point here is told 421 and closed, before anything else is looked at
// (S01).
BOOST_AUTO_TEST_CASE(s01_rebinding) {
  running_server on;
  const auto port = std::to_string(on.port);
  const std::string hosts[] = {"evil.test:" + port,
                               "0.0.0.0:" + port,
                               "127.1:" + port,
                               "[::ffff:127.0.0.1]:" + port,
                               "127.0.0.1:1",
                               "127.0.0.1",
                               "",
                               "localhost.:" + port};
  for (const char* target : {"/", "/assets/x.js", "/healthz", "/api/v1/status", "/nothing",
                             "/api/v1/stream", "/api/v1/session"}) {
    for (const auto& host : hosts) {
      BOOST_TEST_CONTEXT(target << " for " << host) {
        auto client = on.tcp();
        client.host = host;
        client.token = good_token;
        const auto answer = client.get(target);
        BOOST_TEST(answer.status == 421);
        BOOST_TEST(answer.field("Connection") == "close");
        BOOST_TEST(client.rest() == "");
      }
    }
  }
  const auto ours = "Host: 127.0.0.1:" + port + "\r\n";
  for (const auto& request :
       {get("/healthz", ""), get("/healthz", ours + ours), get("/healthz", ours + "Host: evil\r\n"),
        get("http://evil.test/healthz", ours),
        get("http://127.0.0.1:" + port + "/healthz", ours)}) {
    auto client = on.tcp();
    client.send(request);
    BOOST_TEST(client.read().status == 400);
    BOOST_TEST(client.rest() == "");
  }
  auto old = on.tcp();
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.read().status == 421);
}

// A page of another port or site changes nothing, whatever it sends and whoever is signed in (S02,
// S24).
BOOST_AUTO_TEST_CASE(s02_foreign_pages) {
  running_server on;
  const char* types[] = {"",
                         "text/plain",
                         "application/x-www-form-urlencoded",
                         "multipart/form-data",
                         "application/json;x",
                         "application/json"};
  for (const char* origin :
       {"http://127.0.0.1:5000", "http://evil.test", "null", "https://localhost:9090"}) {
    for (const char* type : types) {
      for (const auto& token : {std::string(), good_token}) {
        auto client = on.tcp();
        client.token = token;
        std::string fields = "Origin: " + std::string(origin) + "\r\n";
        if (*type != '\0') fields += "Content-Type: " + std::string(type) + "\r\n";
        BOOST_TEST(client.ask("POST", "/api/v1/stop", fields).status == 403);
        BOOST_TEST(client.rest() == "");
      }
    }
  }
  auto own = on.tcp();
  own.token = good_token;
  const auto ours = "Origin: http://127.0.0.1:" + std::to_string(on.port) + "\r\n";
  for (const char* site : {"same-site", "cross-site"}) {
    auto client = on.tcp();
    client.token = good_token;
    const auto fields = ours + "Sec-Fetch-Site: " + site + "\r\n";
    BOOST_TEST(client.ask("POST", "/api/v1/stop", fields, "{}").status == 403);
  }
  BOOST_TEST(own.ask("POST", "/api/v1/stop", ours).status == 415);
  on.on_loop([&] { BOOST_TEST(on.backend.changes == 0); });
  BOOST_TEST(
      own.ask("POST", "/api/v1/stop", ours + "Sec-Fetch-Site: same-origin\r\n", "{}").status ==
      202);
}

// No answer invites another site, and none sets a cookie, which would be shared with every port
// (S24).
BOOST_AUTO_TEST_CASE(s24_nothing_to_share) {
  running_server on;
  auto client = on.tcp();
  client.token = good_token;
  for (const char* target : {"/", "/healthz", "/api/v1/status", "/api/v1/nothing"}) {
    const auto answer = client.get(target);
    BOOST_TEST(answer.head.find("Access-Control") == std::string::npos);
    BOOST_TEST(answer.head.find("Set-Cookie") == std::string::npos);
    BOOST_TEST(answer.field("X-Content-Type-Options") == "nosniff");
  }
  BOOST_TEST(client.ask("OPTIONS", "/api/v1/stop").status == 405);
}

// Connections beyond the budget take the place of the longest idle; where none is idle they are
// told 503. The socket keeps its own (A02).
BOOST_AUTO_TEST_CASE(a02_budgets) {
  server_options how;
  how.tcp_connections = 4;
  running_server on(how);
  on.on_loop([&] { on.backend.hold = true; });
  std::list<raw_client> busy;
  for (int i = 0; i < 4; ++i) {
    auto& client = busy.emplace_back(on.port);
    client.send("POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: " + client.host +
                "\r\nAuthorization: Bearer " + good_token +
                "\r\nContent-Type: application/json\r\n\r\n");
  }
  BOOST_TEST(on.eventually([&] { return on.backend.waiting.size() == 4; }));
  for (int i = 0; i < 20; ++i) {
    auto turned_away = on.tcp();
    BOOST_TEST(turned_away.read().status == 503);
  }
  auto local = on.client();
  BOOST_TEST(local.get("/healthz").status == 200);
  on.on_loop([&] { on.backend.release(); });
  for (auto& each : busy) BOOST_TEST(each.read().status == 200);
  auto next = on.tcp();
  BOOST_TEST(next.get("/healthz").status == 200);
}

// Ten thousand that say nothing cost no more than the budget, and the socket answers (A02).
BOOST_AUTO_TEST_CASE(a02_idle_crowd) {
  running_server on;
  std::list<raw_client> crowd;
  for (int i = 0; i < 400; ++i) {
    crowd.emplace_back(on.port);
    if (i % 50 == 0) {
      auto local = on.client();
      BOOST_TEST(local.get("/healthz").status == 200);
    }
  }
  BOOST_TEST(on.eventually([&] { return on.connections() <= 129; }));
  auto client = on.tcp();
  BOOST_TEST(client.get("/healthz").status == 200);
}

// A client that goes away while it waits is noticed at once, also where it only sent a FIN (A11).
BOOST_AUTO_TEST_CASE(a11_vanishing) {
  running_server on;
  on.on_loop([&] { on.backend.hold = true; });
  for (const char* target : {"/api/v1/events?follow=1", "/api/v1/services/db/logs?follow=1"}) {
    for (int i = 0; i < 20; ++i) {
      auto client = on.tcp();
      client.send(
          get(target, "Host: " + client.host + "\r\nAuthorization: Bearer " + good_token + "\r\n"));
      if (i % 2 == 0) client.until("\r\n\r\n");
    }
  }
  for (int i = 0; i < 20; ++i) {
    auto client = on.tcp();
    client.send("POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: " + client.host +
                "\r\nAuthorization: Bearer " + good_token +
                "\r\nContent-Type: application/json\r\n\r\n");
    client.half_close();
    BOOST_TEST(client.rest() == "");
  }
  BOOST_TEST(on.comes_to(0));
  BOOST_TEST(
      on.eventually([&] { return on.backend.waiting.empty() && on.backend.followers.empty(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

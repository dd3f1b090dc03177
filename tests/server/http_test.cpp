#include "server/fixture.hpp"
#include "wire/routes.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;

boost::json::value json_of(const raw_client::answer& answer) {
  return boost::json::parse(answer.body);
}

BOOST_AUTO_TEST_SUITE(http)

// What is there can be read, each answer in its shape and type.
BOOST_AUTO_TEST_CASE(reads) {
  running_server on;
  on.on_loop([&] { on.backend.happen("db", state::running); });
  auto client = on.client();
  const auto status = client.get("/api/v1/status");
  BOOST_TEST(status.status == 200);
  BOOST_TEST(status.field("Content-Type") == "application/json");
  BOOST_TEST(status.field("Cache-Control") == "no-store");
  BOOST_TEST(status.field("X-Content-Type-Options") == "nosniff");
  BOOST_TEST(!status.field("Date").empty());
  BOOST_TEST(json_of(status).at("services").as_array().size() == 3u);
  BOOST_TEST(json_of(client.get("/api/v1/services/web")).at("services").as_array().size() == 2u);
  BOOST_TEST(
      json_of(client.get("/api/v1/services/web%402")).at("services").at(0).at("name").as_string() ==
      "web@2");
  BOOST_TEST(json_of(client.get("/api/v1/services/db/why")).at("explanations").as_array().size() ==
             1u);
  BOOST_TEST(json_of(client.get("/api/v1/graph")).at("edges").as_array().size() == 1u);
  BOOST_TEST(json_of(client.get("/api/v1/events")).at("events").as_array().size() == 1u);
  BOOST_TEST(json_of(client.get("/api/v1/openapi.json")).at("openapi").as_string() == "3.1.0");
  BOOST_TEST(client.get("/healthz").body == "ok\n");
  BOOST_TEST(client.get("/readyz").status == 200);
}

// Readiness is 503 while a wanted service is not ready, and says which.
BOOST_AUTO_TEST_CASE(not_ready) {
  running_server on;
  on.on_loop([&] { on.backend.happen("db", state::backoff); });
  auto client = on.client();
  const auto answer = client.get("/readyz");
  BOOST_TEST(answer.status == 503);
  BOOST_TEST(answer.field("Content-Type") == "application/problem+json");
  BOOST_TEST(json_of(answer).at("detail").as_string() == "db (backoff)");
}

// Metrics come in the form that Accept asks for, each with its own type.
BOOST_AUTO_TEST_CASE(metrics) {
  running_server on;
  auto client = on.client();
  const auto plain = client.get("/metrics");
  BOOST_TEST(plain.status == 200);
  BOOST_TEST(plain.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  const auto open =
      client.ask("GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n");
  BOOST_TEST(open.field("Content-Type") ==
             "application/openmetrics-text; version=1.0.0; charset=utf-8");
  BOOST_TEST(open.body == "# EOF\n");
}

// HEAD is GET without the body, on every path that has a GET.
BOOST_AUTO_TEST_CASE(heads) {
  running_server on;
  auto client = on.client();
  for (const auto& route : wire::routes()) {
    if (route.how != wire::method::get || route.id == wire::endpoint::stream) continue;
    if (route.id == wire::endpoint::page || route.id == wire::endpoint::asset)
      continue;  // none here
    std::string path(route.path);
    if (const auto at = path.find("{name}"); at != path.npos) path.replace(at, 6, "db");
    BOOST_TEST_CONTEXT(path) {
      const auto head = client.ask("HEAD", path);
      BOOST_TEST(head.status == 200);
      if (route.id == wire::endpoint::logs) continue;  // of unknown length
      const auto get = client.get(path);
      BOOST_TEST(head.field("Content-Length") == get.field("Content-Length"));
      BOOST_TEST(head.field("Content-Type") == get.field("Content-Type"));
    }
  }
  BOOST_TEST(client.get("/healthz").status == 200);
}

// GET and HEAD never change anything (A16).
BOOST_AUTO_TEST_CASE(reading_changes_nothing) {
  running_server on;
  auto client = on.client();
  for (const auto& route : wire::routes()) {
    std::string path(route.path);
    if (const auto at = path.find("{name}"); at != path.npos) path.replace(at, 6, "db");
    client.get(path);
    client.ask("HEAD", path);
  }
  on.on_loop([&] {
    BOOST_TEST(on.backend.changes == 0);
    BOOST_TEST(on.backend.ended == "");
    BOOST_TEST(on.backend.signalled == "");
  });
}

// Changes answer 202 at once, or 200 when it is done; what is so already is said, not done (A13).
BOOST_AUTO_TEST_CASE(operations) {
  running_server on;
  auto client = on.client();
  const auto started = client.post("/api/v1/services/db/start");
  BOOST_TEST(started.status == 202);
  const auto target = json_of(started).at("operation").at("targets").at(0);
  BOOST_TEST(target.at("result").as_string() == "already");
  BOOST_TEST(client.post("/api/v1/services/db/start?wait=30s").status == 200);
  BOOST_TEST(client.post("/api/v1/services/db/stop?wait=30s", "{}").status == 200);
  BOOST_TEST(client.post("/api/v1/services/web%401/restart").status == 202);
  const auto many = client.post("/api/v1/stop?wait=1", R"({"services": ["db", "web"]})");
  BOOST_TEST(json_of(many).at("operation").at("targets").as_array().size() == 3u);
  BOOST_TEST(client.post("/api/v1/restart").status == 202);
  BOOST_TEST(client.post("/api/v1/services/web/scale", R"({"instances": 3})").status == 202);
  BOOST_TEST(client.post("/api/v1/services/db/signal", R"({"signal": "SIGHUP"})").status == 200);
  BOOST_TEST(client.post("/api/v1/plan").status == 200);
  BOOST_TEST(client.post("/api/v1/reload").status == 202);
  BOOST_TEST(client.post("/api/v1/reload?wait=1s").status == 200);
  BOOST_TEST(json_of(client.post("/api/v1/check")).at("probes").as_array().size() == 3u);
  BOOST_TEST(client.post("/api/v1/shutdown").status == 202);
  on.on_loop([&] {
    BOOST_TEST(on.backend.scaled == "web=3");
    BOOST_TEST(on.backend.signalled == "db:1");
    BOOST_TEST(on.backend.ended == "shutdown");
  });
  BOOST_TEST(client.post("/api/v1/shutdown?force=1").status == 202);
  on.on_loop([&] { BOOST_TEST(on.backend.ended == "forced"); });
}

// A wait that is held answers when it is released, and others are answered meanwhile.
BOOST_AUTO_TEST_CASE(waiting) {
  running_server on;
  on.on_loop([&] { on.backend.hold = true; });
  auto waiter = on.client();
  BOOST_REQUIRE(waiter.send("POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: a\r\n\r\n"));
  BOOST_REQUIRE(on.eventually([&] { return on.backend.waiting.size() == 1; }));
  auto other = on.client();
  BOOST_TEST(other.get("/healthz").status == 200);
  on.on_loop([&] { on.backend.release(); });
  BOOST_TEST(waiter.read().status == 200);
  BOOST_TEST(waiter.get("/healthz").status == 200);
}

// A client that goes away ends the waiting; one that only closed its writing side is waited for.
BOOST_AUTO_TEST_CASE(gone_while_waiting) {
  running_server on;
  on.on_loop([&] { on.backend.hold = true; });
  const std::string request = "POST /api/v1/start?wait=30s HTTP/1.1\r\nHost: a\r\n\r\n";
  auto gone = on.client();
  auto quiet = on.client();
  BOOST_REQUIRE(gone.send(request));
  BOOST_REQUIRE(quiet.send(request));
  quiet.half_close();
  BOOST_REQUIRE(on.eventually([&] { return on.backend.waiting.size() == 2; }));
  gone.close();
  BOOST_REQUIRE(on.eventually([&] { return on.backend.waiting.size() == 1; }));
  on.on_loop([&] {
    BOOST_TEST(on.backend.abandoned == 1);
    on.backend.release();
  });
  BOOST_TEST(quiet.read().status == 200);
  BOOST_TEST(quiet.rest() == "");
}

// Problems of the supervisor go out as they are.
BOOST_AUTO_TEST_CASE(problems) {
  running_server on;
  on.on_loop([&] {
    on.backend.invalid.status = 422;
    on.backend.invalid.title = "the configuration is invalid";
    on.backend.invalid.errors = {"aurora.json:3:5: x"};
  });
  auto client = on.client();
  const auto unknown = client.get("/api/v1/services/nope");
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(json_of(unknown).at("type").as_string() == "no-such-service");
  BOOST_TEST(client.post("/api/v1/services/nope/stop").status == 404);
  BOOST_TEST(client.get("/api/v1/services/nope/logs").status == 404);
  const auto invalid = client.post("/api/v1/reload");
  BOOST_TEST(invalid.status == 422);
  BOOST_TEST(json_of(invalid).at("errors").at(0).as_string() == "aurora.json:3:5: x");
}

// Wrong paths, methods, types, parameters and bodies each have their status, and the connection
// goes on where the request was read to its end.
BOOST_AUTO_TEST_CASE(refusals) {
  running_server on;
  auto client = on.client();
  BOOST_TEST(client.get("/api/v1/nope").status == 404);
  const auto wrong = client.ask("DELETE", "/api/v1/services/db/start");
  BOOST_TEST(wrong.status == 405);
  BOOST_TEST(wrong.field("Allow") == "POST");
  BOOST_TEST(client.post("/api/v1/status").field("Allow") == "GET, HEAD");
  BOOST_TEST(client.ask("OPTIONS", "/api/v1/status").status == 405);
  BOOST_TEST(client.ask("BREW", "/api/v1/status").status == 405);
  BOOST_TEST(client.get("/api/v1/events?sinse=1").status == 400);
  BOOST_TEST(client.get("/api/v1/events?since=x").status == 400);
  BOOST_TEST(client.post("/api/v1/start?wait=soon").status == 400);
  BOOST_TEST(client.get("/api/v1/services/db/logs?since=then").status == 400);
  BOOST_TEST(client.get("/api/v1/services/db/logs?lines=100001").status == 400);
  const auto body = client.post("/api/v1/start", R"({"servces": []})");
  BOOST_TEST(body.status == 400);
  BOOST_TEST(json_of(body).at("detail").as_string() == "/servces: unknown field");
  const auto stream = client.get("/api/v1/stream");
  BOOST_TEST(stream.status == 426);
  BOOST_TEST(stream.field("Upgrade") == "websocket");
  BOOST_TEST(client.get("/healthz").status == 200);
  on.on_loop([&] { BOOST_TEST(on.backend.changes == 0); });
}

// A body must be declared as JSON.
BOOST_AUTO_TEST_CASE(media_types) {
  running_server on;
  const auto posted = [&](const std::string& type) {
    auto client = on.client();
    client.send("POST /api/v1/start HTTP/1.1\r\nHost: a\r\n" + type +
                "Content-Length: 2\r\n\r\n{}");
    return client.read().status;
  };
  BOOST_TEST(posted("Content-Type: application/json\r\n") == 202);
  BOOST_TEST(posted("Content-Type: Application/JSON; charset=utf-8\r\n") == 202);
  BOOST_TEST(posted("") == 415);
  BOOST_TEST(posted("Content-Type: text/plain\r\n") == 415);
  BOOST_TEST(posted("Content-Type: application/x-www-form-urlencoded\r\n") == 415);
  BOOST_TEST(posted("Content-Type: application/jsonx\r\n") == 415);
  on.on_loop([&] { BOOST_TEST(on.backend.changes == 2); });
}

// Requests may follow each other without waiting for the answers.
BOOST_AUTO_TEST_CASE(pipelining) {
  running_server on;
  auto client = on.client();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    all +=
        "POST /api/v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: "
        "application/json\r\nContent-Length: 2\r\n\r\n{}";
  }
  BOOST_REQUIRE(client.send(all));
  for (int i = 0; i < 100; ++i) BOOST_TEST(client.read().status == 200);
}

// Old clients and those that say so get their answer and the end.
BOOST_AUTO_TEST_CASE(closing) {
  running_server on;
  auto old = on.client();
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.rest().ends_with("\r\n\r\nok\n"));
  auto last = on.client();
  last.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto answer = last.rest();
  BOOST_TEST(answer.find("Connection: close") != answer.npos);
  auto kept = on.client();
  kept.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  BOOST_TEST(kept.read().status == 200);
  BOOST_TEST(kept.get("/healthz").status == 200);
}

// A client that asks before it sends its body is told to go on, or why not.
BOOST_AUTO_TEST_CASE(expectations) {
  running_server on;
  const std::string head =
      "POST /api/v1/start HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n";
  auto client = on.client();
  client.send(head + "Content-Type: application/json\r\n\r\n");
  BOOST_TEST(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  BOOST_TEST(client.read().status == 202);
  auto refused = on.client();
  refused.send(head + "Content-Type: text/plain\r\n\r\n");
  BOOST_TEST(refused.read().status == 415);
  auto odd = on.client();
  odd.send("GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n");
  BOOST_TEST(odd.read().status == 417);
}

// A body may come in chunks of any size.
BOOST_AUTO_TEST_CASE(chunked) {
  running_server on;
  auto client = on.client();
  client.send(
      "POST /api/v1/stop HTTP/1.1\r\nHost: a\r\nContent-Type: "
      "application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char c : std::string(R"({"services": ["db"]})"))
    client.send("1\r\n" + std::string(1, c) + "\r\n");
  client.send("0\r\n\r\n");
  const auto answer = client.read();
  BOOST_TEST(answer.status == 202);
  BOOST_TEST(json_of(answer).at("operation").at("targets").as_array().size() == 1u);
  BOOST_TEST(client.get("/healthz").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <list>

#include "server/fixture.hpp"
#include "server/openssl_crypto.hpp"
#include "server/web_client.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;

std::string hex(const wire::digest& of) {
  std::string out;
  for (const auto byte : of) {
    out += "0123456789abcdef"[byte / 16];
    out += "0123456789abcdef"[byte % 16];
  }
  return out;
}

std::string code_of(running_server& on, const std::string& body = "") {
  const auto answer = on.client().post("/api/v1/codes", body);
  BOOST_REQUIRE(answer.status == 200);
  return std::string(boost::json::parse(answer.body).at("code").as_string());
}

raw_client::answer trade(raw_client& client, const std::string& code) {
  return client.post("/api/v1/session", R"({"code": ")" + code + "\"}");
}

std::string session_of(running_server& on, const std::string& role) {
  auto client = on.tcp();
  const auto answer = trade(client, code_of(on, R"({"role": ")" + role + "\"}"));
  BOOST_REQUIRE(answer.status == 200);
  return std::string(boost::json::parse(answer.body).at("token").as_string());
}

BOOST_AUTO_TEST_SUITE(signing_in)

// FIPS 180-4 and RFC 4231, test case 2.
BOOST_AUTO_TEST_CASE(known_digests) {
  openssl_crypto crypto;
  BOOST_TEST(hex(crypto.sha256("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(hex(crypto.hmac_sha256("Jefe", "what do ya want for nothing?")) ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  std::array<std::uint8_t, 32> a{}, b{};
  crypto.random(a);
  crypto.random(b);
  BOOST_TEST((a != b));
}

// Whatever is wrong with it, it is the same 401, and nothing behind it is told (S04).
BOOST_AUTO_TEST_CASE(s04_wrong_tokens) {
  running_server on;
  const std::string tokens[] = {"",
                                "x",
                                good_token.substr(1),
                                good_token + "T",
                                std::string(43, 't'),
                                "v1.operate.99999999999.a.b"};
  std::string first;
  for (const auto& token : tokens) {
    for (const char* target : {"/api/v1/status", "/readyz", "/nothing"}) {
      auto client = on.tcp();
      client.token = token;
      const auto answer = client.get(target);
      BOOST_TEST(answer.status == 401);
      BOOST_TEST(answer.field("WWW-Authenticate") == "Bearer");
      if (first.empty()) first = answer.body;
      BOOST_TEST(answer.body == first);
      BOOST_TEST(answer.body.find("aurorctl dashboard") != std::string::npos);
    }
  }
  for (const char* fields : {"Authorization: Basic eA==\r\n", "Authorization: \r\n"}) {
    BOOST_TEST(on.tcp().ask("GET", "/api/v1/status", fields).status == 401);
  }
  BOOST_TEST(on.tcp().get("/api/v1/status?token=" + good_token).status == 401);
}

// After twenty wrong ones within a minute no more are looked at, on no connection, while one that
// had signed in goes on and the socket never asks (S06).
BOOST_AUTO_TEST_CASE(s06_brute_force) {
  running_server on;
  auto known = on.tcp();
  known.token = good_token;
  BOOST_TEST(known.get("/api/v1/status").status == 200);
  auto guesser = on.tcp();
  int unauthorized = 0, limited = 0;
  for (int i = 0; i < 1000; ++i) {
    guesser.token = "wrong" + std::to_string(i);
    const auto answer = guesser.get("/api/v1/status");
    unauthorized += answer.status == 401 ? 1 : 0;
    limited += answer.status == 429 ? 1 : 0;
    if (answer.status == 429) BOOST_TEST(std::stoi(answer.field("Retry-After")) <= 60);
  }
  BOOST_TEST(unauthorized == 20);
  BOOST_TEST(limited == 980);
  auto late = on.tcp();
  late.token = good_token;
  BOOST_TEST(late.get("/api/v1/status").status == 429);
  BOOST_TEST(trade(late, code_of(on)).status == 429);
  BOOST_TEST(late.get("/healthz").status == 200);
  BOOST_TEST(known.get("/api/v1/status").status == 200);
  BOOST_TEST(on.client().get("/api/v1/status").status == 200);
  on.on_loop([&] { BOOST_TEST(on.backend.audited.size() == 21u); });  // and the code
}

// The remembered credentials of a connection are those that were shown, and no others.
BOOST_AUTO_TEST_CASE(one_connection_many_tokens) {
  running_server on;
  auto client = on.tcp();
  client.token = good_token;
  BOOST_TEST(client.get("/api/v1/status").status == 200);
  client.token = good_token + "x";
  BOOST_TEST(client.get("/api/v1/status").status == 401);
  client.token = "";
  BOOST_TEST(client.get("/api/v1/status").status == 401);
  BOOST_TEST(client.get("/healthz").status == 200);
  client.token = good_token;
  BOOST_TEST(client.get("/api/v1/status").status == 200);
  client.token = session_of(on, "read");
  BOOST_TEST(client.post("/api/v1/stop", "{}").status == 403);
}

// A code is traded once for a session of its role; the URL is there where something listens.
BOOST_AUTO_TEST_CASE(codes) {
  running_server on;
  auto told = boost::json::parse(on.client().post("/api/v1/codes").body);
  BOOST_TEST(told.at("expires_in_seconds").as_int64() == 60);
  BOOST_TEST(told.at("role").as_string() == "operate");
  BOOST_TEST(told.at("url").is_null());
  on.on_loop([&] { on.backend.url = "http://127.0.0.1:9090"; });
  told = boost::json::parse(on.client().post("/api/v1/codes", R"({"role": "read"})").body);
  const std::string code(told.at("code").as_string());
  BOOST_TEST(told.at("role").as_string() == "read");
  BOOST_TEST(told.at("url").as_string() == "http://127.0.0.1:9090/#code=" + code);
  auto client = on.tcp();
  const auto answer = trade(client, code);
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.field("Cache-Control") == "no-store");
  const auto session = boost::json::parse(answer.body);
  BOOST_TEST(session.at("role").as_string() == "read");
  BOOST_TEST(session.at("expires_at").is_string());
  BOOST_TEST(trade(client, code).status == 401);
  BOOST_TEST(trade(client, "").status == 401);
  BOOST_TEST(client.post("/api/v1/session", "{}").status == 400);
  BOOST_TEST(on.client().post("/api/v1/codes", R"({"role": "root"})").status == 400);
}

// Who may only look can ask, plan and check, and change nothing.
BOOST_AUTO_TEST_CASE(roles) {
  running_server on;
  auto client = on.tcp();
  client.token = session_of(on, "read");
  for (const char* target :
       {"/api/v1/status", "/api/v1/events", "/api/v1/services/db", "/readyz"}) {
    BOOST_TEST(client.get(target).status == 200);
  }
  BOOST_TEST(client.post("/api/v1/plan", "{}").status == 200);
  BOOST_TEST(client.post("/api/v1/check", "{}").status == 200);
  for (const char* target : {"/api/v1/stop", "/api/v1/codes", "/api/v1/shutdown", "/api/v1/reload",
                             "/api/v1/services/db/restart"}) {
    auto other = on.tcp();  // it is closed: the body was not read
    other.token = client.token;
    BOOST_TEST(other.post(target, "{}").status == 403);
    BOOST_TEST(other.rest() == "");
  }
  on.on_loop([&] {
    BOOST_TEST(on.backend.changes == 0);
    BOOST_TEST(on.backend.ended == "");
  });
  client.token = session_of(on, "operate");
  BOOST_TEST(client.post("/api/v1/stop", "{}").status == 202);
  BOOST_TEST(client.post("/api/v1/codes", "{}").status == 200);
}

// Each change is told with who, from where, what and its result; what only looks is not.
BOOST_AUTO_TEST_CASE(audit) {
  running_server on;
  auto local = on.client();
  local.post("/api/v1/stop", R"({"services":["web"]})");
  local.post("/api/v1/services/nobody/start", "{}");
  local.get("/api/v1/status");
  local.post("/api/v1/plan");
  auto remote = on.tcp();
  remote.token = good_token;
  remote.post("/api/v1/services/db/signal", R"({"signal":"HUP"})");
  const auto lines = on.on_loop([&] { return on.backend.audited; });
  BOOST_REQUIRE(lines.size() == 3u);
  const auto here = " by uid " + std::to_string(::geteuid()) + " (pid " +
                    std::to_string(::getpid()) + ") on the control socket: ";
  BOOST_TEST(lines[0] == R"(POST /api/v1/stop {"services":["web"]})" + here + "202");
  BOOST_TEST(lines[1] == "POST /api/v1/services/nobody/start" + here + "404");
  BOOST_TEST(lines[2].starts_with(
      R"(POST /api/v1/services/db/signal {"signal":"HUP"} by the token from 127.0.0.1:)"));
  BOOST_TEST(lines[2].ends_with(": 200"));
}

// Neither a token nor a code is ever told.
BOOST_AUTO_TEST_CASE(s08_no_secret_in_the_audit) {
  running_server on;
  const auto code = code_of(on);
  auto client = on.tcp();
  const auto session =
      std::string(boost::json::parse(trade(client, code).body).at("token").as_string());
  client.token = session;
  client.post("/api/v1/stop", "{}");
  auto wrong = on.tcp();
  wrong.token = "canary";
  wrong.get("/api/v1/status");
  for (const auto& line : on.on_loop([&] { return on.backend.audited; })) {
    for (const auto& secret : {code, session, good_token, std::string("canary")}) {
      BOOST_TEST(line.find(secret) == std::string::npos, line);
    }
  }
}

// --- the stream ---

// The first message tells who it is; then all is as on the socket.
BOOST_AUTO_TEST_CASE(stream) {
  running_server on;
  for (const std::string role : {"operate", "read"}) {
    socket_client client(on, socket_client::on_tcp{});
    BOOST_TEST(client.head.starts_with("HTTP/1.1 101 "));
    const auto token = role == "read" ? session_of(on, role) : good_token;
    client.say(R"({"authenticate": {"token": ")" + token + "\"}}");
    const auto told = client.message();
    BOOST_TEST(told.at("type").as_string() == "authenticated");
    BOOST_TEST(std::string(told.at("role").as_string()) == role);
    BOOST_TEST(client.message().at("type").as_string() == "snapshot");
    client.say(R"({"subscribe": {"logs": ["db"]}})");
    client.message_of("subscribed");
  }
}

// With the header, and on the socket, there is no such message; one that is sent all the same is
// answered.
BOOST_AUTO_TEST_CASE(stream_with_header) {
  running_server on;
  socket_client client(on, socket_client::on_tcp{}, "Authorization: Bearer " + good_token + "\r\n");
  BOOST_TEST(client.message().at("type").as_string() == "snapshot");
  socket_client local(on);
  BOOST_TEST(local.message().at("type").as_string() == "snapshot");
  local.say(R"({"authenticate": {"token": "x"}})");
  BOOST_TEST(local.message().at("type").as_string() == "authenticated");
}

// Who says anything else first, or a wrong token, or nothing for too long, is closed with 4401 and
// has seen nothing.
BOOST_AUTO_TEST_CASE(stream_refused) {
  server_options how;
  how.sign_in = 50ms;
  running_server on(how);
  socket_client silent(on, socket_client::on_tcp{});
  BOOST_TEST(silent.close_code() == 4401);
  const std::string first[] = {R"({"authenticate": {"token": "wrong"}})", R"({"authenticate": {}})",
                               R"({"subscribe": {"logs": ["db"]}})", "nonsense", ""};
  for (const auto& message : first) {
    socket_client client(on, socket_client::on_tcp{});
    client.say(message);
    const auto frame = client.next();
    BOOST_TEST(frame.opcode == 8);
    BOOST_TEST(frame.data.substr(0, 2) == "\x11\x31");  // 4401
  }
  socket_client wrong(on, socket_client::on_tcp{}, "Authorization: Bearer wrong\r\n");
  BOOST_TEST(wrong.head.starts_with("HTTP/1.1 401 "));
  socket_client foreign(on, socket_client::on_tcp{}, "Origin: http://evil.test\r\n");
  BOOST_TEST(foreign.head.starts_with("HTTP/1.1 403 "));
}

// Streams of those who signed in are in no one's way: they leave the budget of connections; those
// who did not stay in it.
BOOST_AUTO_TEST_CASE(stream_budget) {
  server_options how;
  how.tcp_connections = 3;
  how.streams = 10;
  running_server on(how);
  const auto fields = "Authorization: Bearer " + good_token + "\r\n";
  std::list<socket_client> streams;
  for (int i = 0; i < 10; ++i) {
    streams.emplace_back(on, socket_client::on_tcp{}, fields);
    BOOST_TEST(streams.back().message().at("type").as_string() == "snapshot");
  }
  BOOST_TEST(on.tcp().get("/healthz").status == 200);
  socket_client one_more(on, socket_client::on_tcp{}, fields);
  BOOST_TEST(one_more.close_code() == 1013);
  std::list<socket_client> strangers;
  for (int i = 0; i < 3; ++i) strangers.emplace_back(on, socket_client::on_tcp{});
  BOOST_TEST(on.tcp().read().status == 503);
  BOOST_TEST(on.client().get("/healthz").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

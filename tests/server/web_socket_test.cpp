#include "server/fixture.hpp"
#include "server/web_client.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;
using boost::json::value;

BOOST_AUTO_TEST_SUITE(web_socket)

// First a snapshot, then every event after it and the state it led to.
BOOST_AUTO_TEST_CASE(changes) {
  running_server on;
  on.on_loop([&] { on.backend.happen("db", state::running); });
  socket_client client(on);
  BOOST_TEST(client.head.starts_with("HTTP/1.1 101 "));
  const auto snapshot = client.message();
  BOOST_TEST(snapshot.at("type").as_string() == "snapshot");
  BOOST_TEST(snapshot.at("sequence").as_int64() == 1);
  BOOST_TEST(snapshot.at("status").at("services").as_array().size() == 3u);
  on.on_loop([&] { on.backend.happen("db", state::backoff); });
  const auto event = client.message();
  BOOST_TEST(event.at("type").as_string() == "event");
  BOOST_TEST(event.at("sequence").as_int64() == 2);
  BOOST_TEST(event.at("to").as_string() == "backoff");
  const auto status = client.message();
  BOOST_TEST(status.at("type").as_string() == "status");
  BOOST_TEST(status.at("service").at("name").as_string() == "db");
  BOOST_TEST(status.at("service").at("state").as_string() == "backoff");
  on.on_loop([&] {
    on.backend.remove("web@2");
    on.backend.happen("web@2", state::stopped);
  });
  BOOST_TEST(client.message_of("removed").at("name").as_string() == "web@2");
}

// Whoever joins at any moment sees every number once: those up to the snapshot's in it, then the
// rest.
BOOST_AUTO_TEST_CASE(no_event_lost) {
  running_server on;
  for (int round = 0; round < 20; ++round) {
    on.on_loop([&] { on.backend.happen("db", state::running); });
    socket_client client(on);
    on.on_loop([&] {
      for (int i = 0; i < 50; ++i) on.backend.happen("web@1", state::running);
    });
    const auto last = on.on_loop([&] { return on.backend.sequence; });
    auto at = client.message().at("sequence").as_int64();
    while (at < static_cast<std::int64_t>(last)) {
      BOOST_REQUIRE(client.message_of("event").at("sequence").as_int64() == ++at);
    }
  }
}

// A client that comes back gets what it missed.
BOOST_AUTO_TEST_CASE(resumes) {
  running_server on;
  on.on_loop([&] {
    for (int i = 0; i < 5; ++i) on.backend.happen("db", state::running);
  });
  socket_client client(on, "?since=3");
  BOOST_TEST(client.message().at("sequence").as_int64() == 5);
  BOOST_TEST(client.message_of("event").at("sequence").as_int64() == 4);
  BOOST_TEST(client.message_of("event").at("sequence").as_int64() == 5);
}

// Subscribed logs come with their past, joined to what follows without a gap (L12).
BOOST_AUTO_TEST_CASE(subscriptions) {
  running_server on;
  on.on_loop([&] { on.backend.print("db", "old\nhalf"); });
  socket_client client(on);
  client.message();
  client.say(R"({"subscribe": {"logs": ["db"], "lines": 10}})");
  const auto subscribed = client.message();
  BOOST_TEST(subscribed.at("type").as_string() == "subscribed");
  BOOST_TEST(subscribed.at("logs").at(0).as_string() == "db");
  on.on_loop([&] { on.backend.print("db", " done\nnew\n"); });
  std::string got;
  while (got.size() < 18) {
    const auto line = client.message();
    BOOST_REQUIRE(line.at("type").as_string() == "log");
    BOOST_TEST(line.at("offset").as_int64() == static_cast<std::int64_t>(got.size()));
    got += std::string(line.at("text").as_string()) + (line.at("partial").as_bool() ? "" : "\n");
  }
  BOOST_TEST(got == "old\nhalf done\nnew\n");
  client.say(R"({"unsubscribe": {"logs": ["db"]}})");
  BOOST_TEST(on.eventually([&] { return on.backend.followers.empty(); }));
}

// Names that are gone do not cost the output of those that are there; they are named.
BOOST_AUTO_TEST_CASE(some_unknown) {
  running_server on;
  socket_client client(on);
  client.message();
  client.say(R"({"subscribe": {"logs": ["gone", "web", "web@7", "db"]}})");
  const auto subscribed = client.message();
  BOOST_TEST(boost::json::serialize(subscribed) ==
             R"({"type":"subscribed","logs":["db","web@1","web@2"],"unknown":["gone","web@7"]})");
  on.on_loop([&] { on.backend.print("web@2", "here\n"); });
  BOOST_TEST(client.message_of("log").at("text").as_string() == "here");
  client.say(R"({"unsubscribe": {"logs": ["gone", "web", "db"]}})");
  BOOST_TEST(on.eventually([&] { return on.backend.followers.empty(); }));
}

// Subscribing twice brings nothing twice.
BOOST_AUTO_TEST_CASE(twice) {
  running_server on;
  on.on_loop([&] { on.backend.print("db", "old\n"); });
  socket_client client(on);
  const std::string subscribe = R"({"subscribe": {"logs": ["db"], "lines": 10}})";
  client.say(subscribe);
  client.say(subscribe);
  client.message_of("subscribed");
  client.message_of("subscribed");
  on.on_loop([&] { on.backend.print("db", "new\n"); });
  BOOST_TEST(client.message_of("log").at("text").as_string() == "old");
  BOOST_TEST(client.message_of("log").at("text").as_string() == "new");
}

// What a client says wrong is told, and does not end the connection.
BOOST_AUTO_TEST_CASE(wrong_messages) {
  running_server on;
  socket_client client(on);
  client.message();
  for (const char* text :
       {"", "x", "[]", R"({"subscribe": {"log": []}})", R"({"subscribe": {"logs": ["nope"]}})"}) {
    BOOST_TEST_CONTEXT(text) {
      client.say(text);
      BOOST_TEST(client.message().at("type").as_string() == "error");
    }
  }
}

// Frames against the protocol end the connection, with the code for it (A10).
BOOST_AUTO_TEST_CASE(broken_frames) {
  running_server on;
  const auto code = [&](const std::string& bytes) {
    socket_client client(on);
    client.message();
    client.raw.send(bytes);
    return client.close_code();
  };
  using namespace std::string_literals;
  BOOST_TEST(code("\x81\x02hi"s) == 1002);                            // not masked
  BOOST_TEST(code(socket_client::framed(0xC1, "hi")) == 1002);        // a reserved bit
  BOOST_TEST(code(socket_client::framed(0x83, "hi")) == 1002);        // a reserved opcode
  BOOST_TEST(code(socket_client::framed(0x80, "hi")) == 1002);        // nothing to go on with
  BOOST_TEST(code(socket_client::framed(0x09, "hi")) == 1002);        // a ping in fragments
  BOOST_TEST(code(socket_client::framed(0x81, "\xC0\xAF")) == 1007);  // no UTF-8
  BOOST_TEST(code(socket_client::framed(0x81, std::string(4097, 'x'))) == 1009);        // too large
  const auto huge = code("\x81\xFF\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"s);  // 2^63
  BOOST_TEST((huge == 1002 || huge == 1009));
}

// A message in a million pieces, or a flood of pings, ends instead of going on (A10).
BOOST_AUTO_TEST_CASE(floods) {
  running_server on;
  socket_client fragments(on);
  fragments.message();
  fragments.send(0x01, "x");
  std::string pieces;
  for (int i = 0; i < 5000; ++i) pieces += socket_client::framed(0x00, "x");
  fragments.raw.send(pieces);
  BOOST_TEST(fragments.close_code() == 1009);
  socket_client pings(on);
  pings.message();
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += socket_client::framed(0x89, "");
  pings.raw.send(flood);
  BOOST_TEST(pings.close_code() == 1008);
}

// A client that does not read is cut off; the lines it could not get are not kept for it, and
// others see everything (L13).
BOOST_AUTO_TEST_CASE(stalled) {
  server_options how;
  how.write_stall = 100ms;
  how.queue = 64 * 1024;
  running_server on(how);
  socket_client stuck(on);
  stuck.message();
  stuck.say(R"({"subscribe": {"logs": ["db"]}})");
  stuck.message_of("subscribed");
  // It prints until the client is gone: as much as the kernel holds for it goes out first.
  BOOST_TEST(on.eventually([&] {
    for (int i = 0; i < 50; ++i) on.backend.print("db", std::string(2000, '.') + "\n");
    return on.backend.followers.empty();
  }));
  BOOST_TEST(on.comes_to(0));
  auto other = on.client();
  BOOST_TEST(other.get("/healthz").status == 200);
}

/// Subscribes so and reads 20,000 numbered lines, more than the queue holds: each is there, or
/// counted in its place. Returns how many messages it took.
int read_slowly(const std::string& subscription) {
  server_options how;
  how.queue = 64 * 1024;
  running_server on(how);
  socket_client slow(on);
  slow.message();
  slow.say(subscription);
  slow.message_of("subscribed");
  constexpr std::int64_t total = 20'000;
  on.on_loop([&] {
    for (std::int64_t i = 0; i < total; ++i)
      on.backend.print("db", std::to_string(i) + std::string(100, '.') + "\n");
  });
  std::int64_t next = 0;
  bool dropped = false;
  const auto take = [&](const boost::json::value& got) {
    if (got.at("type").as_string() == "dropped") {
      next += got.at("lines").as_int64();
      dropped = true;
    } else {
      BOOST_REQUIRE(std::stoll(std::string(got.at("text").as_string())) == next++);
    }
  };
  int messages = 0;
  while (next < total) {
    const auto got = slow.message();
    ++messages;
    if (got.at("type").as_string() != "batch") {
      take(got);
    } else {
      for (const auto& each : got.at("messages").as_array()) take(each);
    }
  }
  BOOST_TEST(dropped);
  return messages;
}

// A slow reader gets counts for what it was too slow for, at the place where it is missing (L13).
BOOST_AUTO_TEST_CASE(slow_reader) {
  const int one_by_one = read_slowly(R"({"subscribe": {"logs": ["db"]}})");
  BOOST_TEST(one_by_one > 100);
  BOOST_TEST(read_slowly(R"({"subscribe": {"logs": ["db"], "batch": true}})") < 20);
}

// A client that is silent but alive stays; one that does not answer a ping goes.
BOOST_AUTO_TEST_CASE(keep_alive) {
  server_options how;
  how.quiet = 2s;
  running_server on(how);
  socket_client alive(on);
  socket_client dead(on);
  alive.message();
  dead.message();
  for (int i = 0; i < 3; ++i) {
    const auto ping = alive.next();
    BOOST_REQUIRE(ping.opcode == 9);
    alive.send(0x8A, ping.data);
  }
  dead.raw.rest();
  BOOST_TEST(on.comes_to(1));
}

// A client's own goodbye is answered.
BOOST_AUTO_TEST_CASE(goodbye) {
  running_server on;
  socket_client client(on);
  client.message();
  client.send(0x88, "\x03\xE8");
  BOOST_TEST(client.close_code() == 1000);
}

// When the server stops its clients are told that it goes away.
BOOST_AUTO_TEST_CASE(ends_with_the_server) {
  running_server on;
  socket_client client(on);
  client.message();
  auto stopped = on.begin_stop();
  BOOST_TEST(client.close_code() == 1001);
  client.send(0x88, "\x03\xE9");
  stopped.get();
}

// Not every upgrade is one.
BOOST_AUTO_TEST_CASE(wrong_upgrades) {
  running_server on;
  auto version = on.client();
  version.send(
      "GET /api/v1/stream HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  BOOST_TEST(version.read().status == 426);
  auto post = on.client();
  BOOST_TEST(post.post("/api/v1/stream").status == 405);
  auto other = on.client();
  BOOST_TEST(other.ask("GET", "/healthz", "Upgrade: websocket\r\nConnection: Upgrade\r\n").status ==
             200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

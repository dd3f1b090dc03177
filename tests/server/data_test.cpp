#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "server/fixture.hpp"
#include "server/web_client.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace aurora;
using namespace aurora::server;
using namespace std::chrono_literals;
using boost::json::value;
using test::sanitized;

std::string text_of(const value& from, const char* key) {
  return std::string(from.at(key).as_string());
}

/// The answer of a probe at the fake supervisor, told to who observes.
void answer_probe(fake_backend& at, const std::string& instance, std::string text) {
  const probe_answer answer{wall_time(1s), true, 12ms, std::move(text)};
  for (observer* each : at.observers) each->on_probe(instance, answer);
}

void measure(fake_backend& at, std::uint64_t memory) {
  usage_moment now;
  now.services = {{"db", 0.25, memory}, {"web@1", std::nullopt, 1}};
  for (observer* each : at.observers) each->on_usage(now);
}

std::size_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, pages = 0;
  statm >> size >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

BOOST_AUTO_TEST_SUITE(data)

// What a page shows of one service; a name that nobody has is a 404 on each of the routes.
BOOST_AUTO_TEST_CASE(routes) {
  running_server on;
  auto client = on.client();
  for (const char* list : {"configuration", "processes", "probes", "usage"}) {
    BOOST_TEST_CONTEXT(list) {
      const std::string path = "/" + std::string(list);
      const auto web = client.get("/api/v1/services/web" + path);
      BOOST_TEST(web.status == 200);
      const auto services = boost::json::parse(web.body).at("services").as_array();
      BOOST_REQUIRE(services.size() == 2u);
      BOOST_TEST(text_of(services[1], "name") == "web@2");
      BOOST_TEST(client.get("/api/v1/services/nobody" + path).status == 404);
      BOOST_TEST(client.post("/api/v1/services/web" + path).status == 405);
      BOOST_TEST(client.get("/api/v1/services/web" + path + "?x=1").status == 400);
      BOOST_TEST(web.body.find("canary") == std::string::npos);
    }
  }
}

// A log as a file to save: all that is kept, and nothing else goes with it.
BOOST_AUTO_TEST_CASE(download) {
  running_server on;
  std::string all;
  for (int i = 0; i < 5000; ++i) all += "line " + std::to_string(i) + "\n";
  all += "half";
  on.on_loop([&] { on.backend.print("web@1", all); });
  auto client = on.client();
  const auto saved = client.get("/api/v1/services/web%401/logs?download=1");
  BOOST_TEST(saved.status == 200);
  BOOST_TEST(saved.field("Content-Disposition") == "attachment; filename=\"web@1.log\"");
  BOOST_TEST((saved.body == all));
  BOOST_TEST(client.get("/api/v1/services/web%401/logs").field("Content-Disposition") == "");
  BOOST_TEST(client.get("/api/v1/services/db/logs?download=0").field("Content-Disposition") == "");
  BOOST_TEST(client.get("/api/v1/services/db/logs?download=1&lines=3").status == 400);
  BOOST_TEST(client.get("/api/v1/services/nobody/logs?download=1").status == 404);
}

// Usage is measured for who asked for it, and only while somebody does.
BOOST_AUTO_TEST_CASE(usage) {
  running_server on;
  socket_client client(on), other(on);
  client.message();
  other.message();
  BOOST_TEST(on.on_loop([&] { return on.backend.usage_watchers; }) == 0);
  client.say(R"({"subscribe": {"usage": true}})");
  const auto subscribed = client.message_of("subscribed");
  BOOST_TEST(subscribed.at("usage").as_bool());
  BOOST_TEST(subscribed.at("logs").as_array().empty());
  on.on_loop([&] {
    BOOST_TEST(on.backend.usage_watchers == 1);
    BOOST_TEST(on.backend.followers.empty());
    measure(on.backend, 5);
    on.backend.happen("db", state::running);
  });
  BOOST_TEST(boost::json::serialize(client.message_of("usage").at("services")) ==
             R"([["db",2.5E-1,5],["web@1",null,1]])");
  BOOST_TEST(text_of(other.message(), "type") == "event");  // nothing else came before
  client.say(R"({"unsubscribe": {"usage": true}})");
  BOOST_TEST(on.eventually([&] { return on.backend.usage_watchers == 0; }));
  other.say(R"({"subscribe": {"usage": true}})");
  BOOST_TEST(on.eventually([&] { return on.backend.usage_watchers == 1; }));
  other.raw.close();
  BOOST_TEST(on.eventually([&] { return on.backend.usage_watchers == 0; }));
}

// Answers of probes go to who asked for that service or instance.
BOOST_AUTO_TEST_CASE(probes) {
  running_server on;
  socket_client one(on), all(on);
  one.say(R"({"subscribe": {"probes": ["web", "db@9", "nobody"]}})");
  all.say(R"({"subscribe": {"probes": []}})");
  const auto subscribed = one.message_of("subscribed");
  BOOST_TEST(boost::json::serialize(subscribed) ==
             R"({"type":"subscribed","logs":[],"probes":["web@1","web@2"],)"
             R"("unknown":["db@9","nobody"]})");
  all.message_of("subscribed");
  on.on_loop([&] {
    answer_probe(on.backend, "db", "first");
    answer_probe(on.backend, "web@2", "second");
  });
  const auto told = one.message_of("probe");
  BOOST_TEST(text_of(told, "name") == "web@2");
  BOOST_TEST(text_of(told, "text") == "second");
  BOOST_TEST(told.at("healthy").as_bool());
  BOOST_TEST(told.at("took_seconds").as_double() == 0.012);
  BOOST_TEST(text_of(all.message_of("probe"), "text") == "first");
  BOOST_TEST(text_of(all.message_of("probe"), "text") == "second");
  one.say(R"({"unsubscribe": {"probes": ["web"]}})");
  one.say(R"({"subscribe": {"probes": ["db"]}})");
  one.message_of("subscribed");
  on.on_loop([&] {
    answer_probe(on.backend, "web@1", "third");
    answer_probe(on.backend, "db", "fourth");
  });
  BOOST_TEST(text_of(one.message_of("probe"), "text") == "fourth");
}

// Of a client that does not read only the newest usage waits, and so many answers; what is dropped
// is counted.
BOOST_AUTO_TEST_CASE(a_slow_client_costs_a_fixed_amount) {
  running_server on;
  socket_client client(on);
  client.message();
  client.say(R"({"subscribe": {"usage": true, "probes": []}})");
  client.message_of("subscribed");
  constexpr int total = 20'000;
  on.on_loop([&] {
    for (int i = 1; i <= total; ++i) {
      answer_probe(on.backend, "db", std::to_string(i));
      measure(on.backend, static_cast<std::uint64_t>(i));
    }
  });
  std::int64_t seen = 0, dropped = 0, moments = 0;
  std::int64_t newest = 0;
  while (seen + dropped < total || newest < total) {
    const auto got = client.message();
    if (text_of(got, "type") == "usage") {
      newest = got.at("services").at(0).at(2).as_int64();
      ++moments;
    } else if (text_of(got, "type") == "dropped") {
      dropped += got.at("probes").as_int64();
    } else {
      ++seen;
      BOOST_REQUIRE(text_of(got, "text") == std::to_string(seen + dropped));
    }
  }
  BOOST_TEST(dropped > 0);
  BOOST_TEST(moments < 10);
}

/// What a client of a log has seen, and where it goes on.
struct reader {
  std::string text;
  std::int64_t next = 0, missing = 0;

  void take(const value& message) {
    if (text_of(message, "type") == "dropped") {
      missing += message.at("bytes").as_int64();
      next += message.at("bytes").as_int64();
    }
    if (text_of(message, "type") != "log") return;
    BOOST_REQUIRE(message.at("offset").as_int64() == next);
    text += text_of(message, "text") + (message.at("partial").as_bool() ? "" : "\n");
    next = message.at("next").as_int64();
  }
  std::string subscription() const {
    return R"({"subscribe": {"logs": ["db"], "after": {"db": )" + std::to_string(next) + "}}}";
  }
};

// A client that comes back goes on where it was, at whatever byte that is: no gap, no duplicate.
BOOST_AUTO_TEST_CASE(log_resumes) {
  running_server on;
  reader seen;
  std::string wanted;
  const auto print = [&](const std::string& bytes) {
    wanted += bytes;
    on.on_loop([&] { on.backend.print("db", bytes); });
  };
  for (int round = 0; round < 40; ++round) {
    print("line " + std::to_string(round));  // half of one
    socket_client client(on);
    client.say(seen.subscription());
    client.message_of("subscribed");
    print(" goes on\n" + std::string(round % 3 == 0 ? 70'000 : 3, 'x') + "\nhalf ");
    const auto until = static_cast<std::int64_t>(wanted.size()) - 5;  // "half " is held
    while (seen.next < until) seen.take(client.message());
  }
  BOOST_TEST(seen.missing == 0);
  BOOST_TEST((seen.text == wanted.substr(0, seen.text.size())));
  BOOST_TEST(static_cast<std::int64_t>(seen.text.size()) == seen.next);
}

// Where the files do not reach back any more, what is missing is told before the rest comes.
BOOST_AUTO_TEST_CASE(log_resumes_behind_a_gap) {
  running_server on;
  on.on_loop([&] { on.backend.print("db", "first\nsecond\n"); });
  const auto ask = [&](const std::string& after) {
    auto client = std::make_unique<socket_client>(on);
    client->say(R"({"subscribe": {"logs": ["db"], "after": {"db": )" + after + "}}}");
    client->message_of("subscribed");
    return client;
  };
  // Another log of that name had more in it: all of this one is news.
  BOOST_TEST(text_of(ask("4000")->message(), "text") == "first");
  auto none = ask("13");
  on.on_loop([&] { on.backend.print("db", "third\n"); });
  BOOST_TEST(text_of(none->message(), "text") == "third");
  // The file is gone, as after a clean-up by hand; the offsets go on.
  on.on_loop([&] { std::filesystem::remove(on.dir.path + "/db.log"); });
  auto gap = ask("6");
  BOOST_TEST(boost::json::serialize(gap->message()) ==
             R"({"type":"dropped","name":"db","bytes":13})");
  on.on_loop([&] { on.backend.print("db", "fourth\n"); });
  BOOST_TEST(text_of(gap->message(), "text") == "fourth");
}

// A thousand clients that only listen cost less than 64 MiB, and one more is answered as ever.
BOOST_AUTO_TEST_CASE(a_thousand_idle_clients) {
  constexpr std::size_t count = 1000;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  BOOST_REQUIRE(files.rlim_cur > 2 * count + 100);
  server_options how;
  how.connections = count + 10;
  running_server on(how);
  const auto before = resident();
  std::vector<std::unique_ptr<socket_client>> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<socket_client>(on));
    clients.back()->message();
  }
  const auto grown = resident() - before;
  BOOST_TEST_MESSAGE("1000 stream clients: " << grown / 1024 << " KiB");
  if (!sanitized) BOOST_TEST(grown < std::size_t{64} << 20);
  BOOST_TEST(on.client().get("/api/v1/status").status == 200);
  on.on_loop([&] { on.backend.happen("db", state::backoff); });
  for (auto& client : clients) BOOST_REQUIRE(text_of(client->message(), "type") == "event");
}

// Fifty clients that subscribed to everything and do not read keep nobody waiting.
BOOST_AUTO_TEST_CASE(stuck_clients_slow_nobody) {
  server_options how;
  how.queue = 64 * 1024;
  running_server on(how);
  std::vector<std::unique_ptr<socket_client>> stuck;
  for (int i = 0; i < 50; ++i) {
    stuck.push_back(std::make_unique<socket_client>(on));
    stuck.back()->say(R"({"subscribe": {"logs": ["db"], "usage": true, "probes": []}})");
  }
  BOOST_REQUIRE(on.eventually([&] { return on.backend.followers.size() == 50; }));
  socket_client reading(on);
  reading.message();
  for (std::int64_t sequence = 1; sequence <= 200; ++sequence) {
    on.on_loop([&] {
      for (int i = 0; i < 100; ++i) on.backend.print("db", std::string(300, '.') + "\n");
      answer_probe(on.backend, "db", "fine");
      on.backend.happen("web@1", state::running);
    });
    BOOST_REQUIRE(reading.message_of("event").at("sequence").as_int64() == sequence);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <boost/test/unit_test.hpp>

#include <csignal>

#include "fake_server.hpp"
#include "program.hpp"

using namespace aurora::test;

namespace {

struct fixture {
  temp_dir dir;
  fake_server daemon{dir / "aurorad.sock"};
  fixture() {
    daemon.on("GET /healthz", "ok");
    daemon.on("GET /api/v1/status", status_json({service_json("web")}));
    daemon.greet({snapshot_json(status_json({service_json("web")}), 5)});
  }
  std::vector<std::string> with_state(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--state-dir", dir.path().string()});
    return arguments;
  }
};

std::string history_line(int offset, const std::string& text) {
  std::string line = log_json("web", offset, text);
  return line.replace(line.find(R"("type":"log",)"), 13, "") + "\n";
}

std::string event(int sequence, const std::string& to) {
  return R"({"type":"event","sequence":)" + std::to_string(sequence) +
         R"(,"at":"2026-11-23T12:00:00.000Z","instance":"web","from":"running","to":")" + to +
         R"(","reason":"exited","health":"none","run":1,"pid":42,"because":{"exit":null,"text":"event )" +
         std::to_string(sequence) +
         R"(","dependency":"","delay_seconds":null,"count":0,"limit":0}})";
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(following, fixture)

// The table follows what the stream tells, and Ctrl-C ends it with 0.
BOOST_AUTO_TEST_CASE(watch) {
  program::setup how;
  how.to = program::output::terminal;
  program p(with_state({"status", "--watch"}), how);
  BOOST_TEST(p.printed("● running"));
  daemon.push(R"({"type":"status","service":)" + service_json("web", "failed") + "}");
  BOOST_TEST(p.printed("✗ failed"));
  daemon.push(R"({"type":"status","service":)" + service_json("new", "waiting") + "}");
  BOOST_TEST(p.printed("◌ waiting"));
  p.signal(SIGINT);
  BOOST_TEST(p.wait() == 0);
}

// History and live lines join without gap and without repetition, over a lost connection too.
BOOST_AUTO_TEST_CASE(logs_join) {
  daemon.on("GET /api/v1/services/web/logs", history_line(1, "one") + history_line(5, "two"));
  program p(with_state({"logs", "-f", "web"}));
  BOOST_TEST(p.printed("two\n"));
  daemon.push(log_json("web", 5, "two"));
  daemon.push(log_json("web", 9, "three"));
  BOOST_TEST(p.printed("three\n"));
  daemon.on("GET /api/v1/services/web/logs", history_line(9, "three") + history_line(15, "missed"));
  daemon.drop();
  BOOST_TEST(p.printed("missed\n"));
  daemon.push(log_json("web", 22, "last"));
  BOOST_TEST(p.printed("last\n"));
  p.signal(SIGINT);
  BOOST_TEST(p.wait() == 0);
  BOOST_TEST(p.out == "one\ntwo\nthree\nmissed\nlast\n");
}

// What the daemon had to leave out is said.
BOOST_AUTO_TEST_CASE(dropped_lines_are_told) {
  daemon.on("GET /api/v1/services/web/logs", "");
  program p(with_state({"logs", "-f", "web"}));
  BOOST_TEST(daemon.wait_for("GET /api/v1/services/web/logs"));
  daemon.push(R"({"type":"dropped","lines":12})");
  BOOST_TEST(p.printed("12 lines left out"));
}

// Events go on where the list ended, once each; the journal's gap is fetched after a loss.
BOOST_AUTO_TEST_CASE(events_join) {
  const auto list = [](const std::string& events) { return R"({"events":[)" + events + "]}"; };
  daemon.on("GET /api/v1/events", list(event(4, "backoff") + "," + event(5, "starting")));
  program p(with_state({"events", "-f"}));
  BOOST_TEST(p.printed("event 5"));
  daemon.push(event(5, "starting"));
  daemon.push(event(6, "running"));
  BOOST_TEST(p.printed("event 6"));
  daemon.on("GET /api/v1/events", list(event(6, "running") + "," + event(7, "failed")));
  daemon.greet({snapshot_json(status_json({service_json("web")}), 7)});
  daemon.drop();
  BOOST_TEST(p.printed("event 7"));
  BOOST_TEST(daemon.wait_for("events?since=6"));
  p.signal(SIGTERM);
  BOOST_TEST(p.wait() == 0);
  for (const char* each : {"event 4", "event 5", "event 6", "event 7"}) {
    BOOST_TEST(count_of(p.out, each) == 1, each);
  }
}

// Without a daemon there is nothing to follow.
BOOST_AUTO_TEST_CASE(nobody_there) {
  const temp_dir empty;
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
           {"logs", "-f"}, {"events", "-f"}, {"status", "--watch"}}) {
    std::vector<std::string> arguments{"--state-dir", empty.path().string()};
    arguments.insert(arguments.end(), verb.begin(), verb.end());
    BOOST_TEST(run(arguments).code == 7, verb.front());
  }
}

// A follower ends when its reader has gone, at the next line.
BOOST_AUTO_TEST_CASE(closed_output_ends) {
  daemon.on("GET /api/v1/services/web/logs", history_line(1, "one"));
  program p(with_state({"logs", "-f", "web"}));
  BOOST_TEST(p.printed("one\n"));
  p.close_output();
  daemon.push(log_json("web", 9, "two"));
  BOOST_TEST(p.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

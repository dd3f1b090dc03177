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
  daemon.drop();
  BOOST_TEST(daemon.wait_for(R"({"subscribe":{"logs":["web"],"lines":0,"after":{"web":15}}})"));
  daemon.push(log_json("web", 15, "missed"));
  BOOST_TEST(p.printed("missed\n"));
  daemon.push(log_json("web", 22, "last"));
  BOOST_TEST(p.printed("last\n"));
  p.signal(SIGINT);
  BOOST_TEST(p.wait() == 0);
  BOOST_TEST(p.out == "one\ntwo\nthree\nmissed\nlast\n");
  // Its log began anew while it was away: what is there is shown, though it is nearer the
  // beginning.
  program again(with_state({"logs", "-f", "web"}));
  BOOST_TEST(again.printed("two\n"));
  daemon.push(log_json("web", 900, "far"));
  BOOST_TEST(again.printed("far\n"));
  daemon.drop();
  BOOST_TEST(daemon.wait_for(R"("after":{"web":904})"));
  daemon.push(log_json("web", 0, "anew"));
  BOOST_TEST(again.printed("anew\n"));
  again.signal(SIGINT);
  BOOST_TEST(again.wait() == 0);
}

// What the daemon had to leave out is said.
BOOST_AUTO_TEST_CASE(dropped_lines_are_told) {
  daemon.on("GET /api/v1/services/web/logs", "");
  program p(with_state({"logs", "-f", "web"}));
  BOOST_TEST(daemon.wait_for("GET /api/v1/services/web/logs"));
  daemon.push(R"({"type":"dropped","lines":12})");
  BOOST_TEST(p.printed("12 lines left out"));
}

fake_server::answer no_such_service() {
  fake_server::answer gone;
  gone.status = 404;
  gone.body = R"({"type":"no-such-service","title":"there is no service","status":404})";
  return gone;
}

// A service that a reload removed is not asked for again, and the rest is followed on: also where
// its end was not heard of in time.
BOOST_AUTO_TEST_CASE(removed_service) {
  const auto both = status_json({service_json("web"), service_json("old")});
  daemon.on("GET /api/v1/status", both);
  daemon.greet({snapshot_json(both)});
  daemon.on("GET /api/v1/services/web/logs", "");
  daemon.on("GET /api/v1/services/old/logs", history_line(1, "before"));
  daemon.on("GET /api/v1/services/new/logs", "");
  for (const bool told : {true, false}) {
    program p(with_state({"logs", "-f"}));
    BOOST_TEST(p.printed("before\n"));
    if (told) daemon.push(R"({"type":"removed","name":"old"})");
    if (!told) daemon.on("GET /api/v1/services/old/logs", no_such_service());
    daemon.push(status_message(service_json("new")));
    BOOST_TEST(daemon.wait_for("GET /api/v1/services/new/logs"));
    daemon.push(log_json("new", 1, "hello"));
    BOOST_TEST(p.printed("hello\n"));
    p.signal(SIGINT);
    BOOST_TEST(p.wait() == 0);
    BOOST_TEST(p.err == "");
  }
}

// Who was named is followed again when it comes back, and with every instance that it gets.
BOOST_AUTO_TEST_CASE(named_service_comes_back) {
  daemon.on("GET /api/v1/services/web/logs", history_line(1, "first"));
  daemon.on("GET /api/v1/services/web%402/logs", "");
  program p(with_state({"logs", "-f", "web"}));
  BOOST_TEST(p.printed("first\n"));
  daemon.push(R"({"type":"removed","name":"web"})");
  daemon.push(status_message(service_json("other")));
  daemon.push(status_message(service_json("web@2", "running", R"(,"service":"web")")));
  BOOST_TEST(daemon.wait_for(R"({"subscribe":{"logs":["web@2"],"lines":0}})"));
  daemon.push(log_json("web@2", 1, "second"));
  BOOST_TEST(p.printed("second\n"));
  p.signal(SIGINT);
  BOOST_TEST(p.wait() == 0);
  for (const auto& request : daemon.requests()) BOOST_TEST(count_of(request, "other") == 0u);
}

// What the daemon did not subscribe us to is told, and the rest is followed.
BOOST_AUTO_TEST_CASE(refusals_are_told) {
  daemon.on("GET /api/v1/services/web/logs", history_line(1, "one"));
  program p(with_state({"logs", "-f", "web"}));
  BOOST_TEST(p.printed("one\n"));
  daemon.answer_subscriptions(R"({"type":"subscribed","logs":["web"],"unknown":["old"]})");
  daemon.drop();
  BOOST_TEST(p.complained("no output comes from old: not configured any more\n"));
  daemon.answer_subscriptions(R"({"type":"error","title":"too many","detail":"of them"})");
  daemon.drop();
  BOOST_TEST(p.complained("the daemon refused a subscription: too many: of them\n"));
  daemon.push(log_json("web", 5, "two"));
  BOOST_TEST(p.printed("two\n"));
}

// A large stack is subscribed to in messages that the daemon takes, and caught up on after the
// last.
BOOST_AUTO_TEST_CASE(many_services) {
  std::vector<std::string> services;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "a-service-with-a-long-name-" + std::to_string(i);
    services.push_back(service_json(name));
    daemon.on("GET /api/v1/services/" + name + "/logs", "");
  }
  daemon.on("GET /api/v1/status", status_json(services));
  daemon.greet({snapshot_json(status_json(services))});
  program p(with_state({"logs", "-f"}));
  BOOST_TEST(daemon.wait_for("GET /api/v1/services/a-service-with-a-long-name-299/logs"));
  std::size_t subscribed = 0;
  bool asked = false;
  for (const auto& request : daemon.requests()) {
    BOOST_TEST(request.size() < 4096u);
    const bool subscribes = request.find("subscribe") != std::string::npos;
    BOOST_TEST(!(subscribes && asked), "history was asked for before all were subscribed to");
    if (subscribes) subscribed += count_of(request, "a-service");
    asked = asked || request.find("/logs") != std::string::npos;
  }
  BOOST_TEST(subscribed == 300u);
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

#include <map>

#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

namespace {

health_spec unchanged(health_spec h) { return h; }

std::vector<service_spec> one_probed(health_spec (*change)(health_spec)) {
  service_spec spec = probed("web");
  spec.health = change(*spec.health);
  return {spec};
}

/// Up and ready, with its probes on their steady grid.
struct running_probed : stage {
  explicit running_probed(health_spec (*change)(health_spec) = unchanged)
      : stage(one_probed(change)) {
    begin();
    spawned("web");
    pass(50ms);
    probe("web", true, "HTTP 200");
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_health)

// While starting, probes come soon and often, failures count for nothing, one success makes ready.
BOOST_AUTO_TEST_CASE(ready_by_probe) {
  stage s({probed("web")});
  s.begin();
  s.spawned("web");
  s.pass(50ms);
  for (int n = 0; n < 20; ++n) {
    BOOST_TEST(s.times("probe web") == static_cast<unsigned>(n + 1));
    s.probe("web", false, "connection refused");
    s.pass(250ms);
  }
  BOOST_TEST(s.state("web") == "starting");
  BOOST_TEST((s.status("web").health == health::unknown));
  s.probe("web", true, "HTTP 200");
  BOOST_TEST(s.state("web") == "running");
  BOOST_TEST((s.status("web").health == health::healthy));
}

// H10: only failures in a row count, and exactly `retries` of them.
BOOST_AUTO_TEST_CASE(thresholds_are_exact) {
  running_probed s;
  for (const bool healthy : {false, false, true, false, false, true, false, false}) {
    s.pass(10s);
    s.probe("web", healthy, "HTTP 503");
    BOOST_TEST(s.state("web") == "running");
  }
  s.pass(10s);
  s.probe("web", false, "HTTP 503");
  BOOST_TEST(s.state("web") == "stopping");
  BOOST_TEST(s.why("web") == "unhealthy");
  BOOST_TEST(s.status("web").because.text == "HTTP 503");
  BOOST_TEST(s.status("web").because.count == 3U);
  s.exits("web", exit_status::exited(0));
  BOOST_TEST(s.state("web") == "backoff");
  BOOST_TEST(s.status("web").restarts == 1U);
}

// A wrong path is told while the service is still starting: once for each answer that stays the
// same, and nothing is killed or counted for it.
BOOST_AUTO_TEST_CASE(an_answer_that_stays_is_told_early) {
  auto web = probed("web");
  web.health->retries = 3;
  stage s({web});
  s.begin();
  s.spawned("web");
  const auto told = [&] {
    return std::count_if(s.journal.begin(), s.journal.end(), [](const journal_entry& e) {
      return e.why == reason::probe_failed && e.from == state::starting && e.to == state::starting;
    });
  };
  const auto answer = [&](const char* text) {
    s.pass(web.health->start_interval);
    s.probe("web", false, text);
  };
  answer("connection refused");
  answer("connection refused");
  answer("HTTP 404");
  answer("HTTP 404");
  BOOST_TEST(told() == 0);
  answer("HTTP 404");
  BOOST_TEST(told() == 1);
  BOOST_TEST(s.why("web") == "probe-failed");
  BOOST_TEST(s.status("web").because.text == "HTTP 404");
  BOOST_TEST(s.status("web").because.count == 3U);
  BOOST_TEST((s.status("web").health == health::unknown));
  for (int n = 0; n < 20; ++n) answer("HTTP 404");
  BOOST_TEST(told() == 1);
  BOOST_TEST(s.state("web") == "starting");
  s.pass(web.health->start_interval);
  s.probe("web", true, "HTTP 200");
  BOOST_TEST(s.state("web") == "running");
}

// `on_failure: alert` never stops anything; the journal has both changes of health.
BOOST_AUTO_TEST_CASE(alert_only) {
  running_probed s([](health_spec h) {
    h.on_failure = on_unhealthy::alert;
    return h;
  });
  for (int n = 0; n < 9; ++n) {
    s.pass(10s);
    s.probe("web", false, "HTTP 404");
  }
  BOOST_TEST(s.state("web") == "running");
  BOOST_TEST((s.status("web").health == health::unhealthy));
  BOOST_TEST(s.newest("web").because.text == "HTTP 404");
  s.pass(10s);
  s.probe("web", true);
  BOOST_TEST((s.status("web").health == health::healthy));
  const auto story = s.story("web");
  BOOST_TEST((lines(story.end() - 2, story.end()) ==
              lines{"running>running probe-failed", "running>running probe-ok"}));
}

// Failures within start_period do not count.
BOOST_AUTO_TEST_CASE(start_period) {
  running_probed s([](health_spec h) {
    h.start_period = 60s;
    h.interval = 1s;
    h.retries = 1;
    return h;
  });
  for (int n = 0; n < 50; ++n) {
    s.pass(1s);
    s.probe("web", false);
  }
  BOOST_TEST((s.status("web").health == health::healthy));
  s.pass(15s);
  s.probe("web", false);
  BOOST_TEST(s.state("web") == "stopping");
}

// Never two probes in flight, however long one takes; a stop cancels the one that is out.
BOOST_AUTO_TEST_CASE(one_in_flight) {
  running_probed s;
  const auto before = s.times("probe web");
  s.pass(100s);
  BOOST_TEST(s.times("probe web") == before + 1);
  s.stop("web");
  BOOST_TEST((s.asked() == lines{"save", "cancel web", "signal web 15 group"}));
  s.probe("web", true);
  BOOST_TEST(s.subject.stale_events() == 1U);
}

// M13: after a long sleep of the machine there is one probe, not all that were missed, on the grid.
BOOST_AUTO_TEST_CASE(no_catching_up) {
  running_probed s;
  const instant grid = s.subject.next_deadline().value();
  const auto before = s.times("probe web");
  s.now = grid + 1h + 3s;
  s.step(event::tick{});
  BOOST_TEST(s.times("probe web") == before + 1);
  BOOST_TEST((s.subject.next_deadline().value() == grid + 1h + 10s));
}

// A thousand services do not probe at the same time.
BOOST_AUTO_TEST_CASE(spread) {
  std::vector<service_spec> all;
  for (int n = 0; n < 1000; ++n) all.push_back(probed("s" + std::to_string(n)));
  stage s(all);
  s.begin();
  for (const auto& spec : all) s.spawned(spec.name);
  s.pass(50ms);
  for (const auto& spec : all) s.probe(spec.name, true);
  std::map<long, unsigned> in_slot;
  const instant until = s.now + 10s;
  while (s.subject.next_deadline().value() <= until) {
    s.now = s.subject.next_deadline().value();
    s.step(event::tick{});
    in_slot[s.now.time_since_epoch() / 250ms] += static_cast<unsigned>(s.asked().size());
  }
  unsigned sum = 0;
  for (const auto& [slot, count] : in_slot) {
    sum += count;
    BOOST_TEST(count < 100U);
  }
  BOOST_TEST(sum == 1000U);
}

// An external service is only watched: up when it answers, back to starting when it does not, with
// longer and longer steps, and never failed.
BOOST_AUTO_TEST_CASE(external) {
  service_spec db = probed("db");
  db.type = service_type::external;
  db.command.clear();
  stage s({db, service("web", {need("db")})});
  s.begin();
  BOOST_TEST(s.asked().empty());
  unsigned probes = 0;
  for (const instant until = s.now + 60s; s.now < until;) {
    s.pass(s.subject.next_deadline().value() - s.now);
    if (s.asked() != lines{"probe db"}) continue;
    ++probes;
    s.probe("db", false, "connection refused");
  }
  BOOST_TEST(probes > 5U);
  BOOST_TEST(probes < 20U);
  BOOST_TEST(s.state("db") == "starting");
  s.pass(10s);
  s.probe("db", true, "connected");
  BOOST_TEST(s.why("db") == "reachable");
  BOOST_TEST((s.state("web") == "starting"));
  for (int n = 0; n < 3; ++n) {
    s.pass(10s);
    s.probe("db", false, "connection refused");
  }
  BOOST_TEST(s.why("db") == "unreachable");
  BOOST_TEST(s.state("db") == "starting");
  s.step(event::shutdown{});
  BOOST_TEST(s.state("db") == "stopped");
}

// The watchdog: armed, renewed, run out; SIGABRT, for a core is wanted.
BOOST_AUTO_TEST_CASE(watchdog) {
  stage s({service("web")});
  s.begin();
  s.spawn_all();
  s.step(event::watchdog_armed{s.id("web"), s.run("web"), 2s});
  for (int n = 0; n < 5; ++n) {
    s.pass(1900ms);
    s.step(event::watchdog_ping{s.id("web"), s.run("web")});
  }
  BOOST_TEST(s.state("web") == "running");
  s.pass(2s);
  BOOST_TEST((s.asked() == lines{"signal web 6 group"}));
  BOOST_TEST(s.why("web") == "watchdog");
  s.exits("web", exit_status::killed(6));
  BOOST_TEST(s.state("web") == "backoff");
}

// Readiness as the service says it, and more time when it asks for it.
BOOST_AUTO_TEST_CASE(notify_and_extend) {
  service_spec spec = service("web");
  spec.ready = ready_on_notify{};
  spec.start_timeout = 5s;
  stage s({spec});
  s.begin();
  s.spawned("web");
  s.pass(4s);
  s.step(event::extend_timeout{s.id("web"), s.run("web"), 10s});
  s.pass(9s);
  BOOST_TEST(s.state("web") == "starting");
  s.up("web");
  BOOST_TEST(s.state("web") == "running");
  s.step(event::notify_status{s.id("web"), s.run("web"), "serving"});
  BOOST_TEST(s.status("web").status_text == "serving");
  s.step(event::notify_stopping{s.id("web"), s.run("web")});
  BOOST_TEST(s.state("web") == "stopping");
  BOOST_TEST(s.asked().empty());
  s.pass(10s);
  BOOST_TEST((s.asked() == lines{"kill web"}));
}

BOOST_AUTO_TEST_SUITE_END()

#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

namespace {

service_spec with_policy(service_type type, restart_policy policy) {
  service_spec s = service("job");
  s.type = type;
  s.restart.policy = policy;
  return s;
}

std::string after_exit(service_type type, restart_policy policy, exit_status how) {
  stage s({with_policy(type, policy)});
  s.begin();
  s.spawn_all();
  s.exits("job", how);
  return s.state("job");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_restart)

// P18: what follows an end, for each type, policy and way to end.
BOOST_AUTO_TEST_CASE(policy_table) {
  using enum restart_policy;
  const auto ok = exit_status::exited(0), bad = exit_status::exited(3);
  const auto shot = exit_status::killed(15);
  const auto service = service_type::service, oneshot = service_type::oneshot;
  BOOST_TEST(after_exit(service, always, ok) == "backoff");
  BOOST_TEST(after_exit(service, always, bad) == "backoff");
  BOOST_TEST(after_exit(service, on_failure, ok) == "completed");
  BOOST_TEST(after_exit(service, on_failure, bad) == "backoff");
  BOOST_TEST(after_exit(service, never, ok) == "completed");
  BOOST_TEST(after_exit(service, never, bad) == "failed");
  BOOST_TEST(after_exit(service, on_failure, shot) == "backoff");
  BOOST_TEST(after_exit(service, never, shot) == "failed");
  BOOST_TEST(after_exit(oneshot, always, ok) == "completed");
  BOOST_TEST(after_exit(oneshot, always, bad) == "backoff");
  BOOST_TEST(after_exit(oneshot, on_failure, bad) == "backoff");
  BOOST_TEST(after_exit(oneshot, never, ok) == "completed");
  BOOST_TEST(after_exit(oneshot, never, bad) == "failed");
  BOOST_TEST(after_exit(oneshot, never, exit_status{}) == "failed");
}

// The budget is exact: `limit` restarts within `window`, then failed, with the count as evidence.
BOOST_AUTO_TEST_CASE(limit_reached) {
  service_spec spec = service("web");
  spec.restart.delay = 0ms;
  spec.restart.limit = 3;
  stage s({spec});
  s.begin();
  for (int n = 0; n < 3; ++n) {
    s.spawn_all();
    s.pass(2s);
    s.exits("web", exit_status::exited(1));
    BOOST_TEST(s.state("web") == "starting");
  }
  s.spawn_all();
  s.exits("web", exit_status::exited(1));
  BOOST_TEST(s.state("web") == "failed");
  BOOST_TEST(s.why("web") == "limit-reached");
  BOOST_TEST(s.status("web").because.count == 3U);
  BOOST_TEST(s.status("web").because.limit == 3U);
  s.start("web");
  BOOST_TEST(s.state("web") == "starting");
  BOOST_TEST(s.status("web").restarts == 0U);
}

// Restarts that have left the window do not count, so a slow crasher is never given up.
BOOST_AUTO_TEST_CASE(window_slides) {
  service_spec spec = service("web");
  spec.restart.limit = 2;
  spec.restart.window = 10s;
  spec.restart.delay = 0ms;
  stage s({spec});
  s.begin();
  for (int n = 0; n < 20; ++n) {
    s.spawn_all();
    s.pass(5s);
    s.exits("web", exit_status::exited(1));
    BOOST_TEST(s.state("web") == "starting");
  }
}

// A delay of zero restarts within the step after a longer life, with both changes in the journal,
// but a service that dies at once again and again does not spin.
BOOST_AUTO_TEST_CASE(zero_delay) {
  service_spec spec = service("web");
  spec.restart.delay = 0ms;
  stage s({spec});
  s.begin();
  s.spawn_all();
  s.exits("web", exit_status::exited(1));
  BOOST_TEST((s.asked() == lines{"end web", "spawn web"}));
  BOOST_TEST((s.story("web") == lines{"stopped>starting config-added", "starting>running ready",
                                      "running>backoff exited", "backoff>starting backoff-over"}));
  s.spawn_all();
  s.exits("web", exit_status::exited(1));
  BOOST_TEST((s.status("web").next_start_in == 100ms));
  s.pass(100ms);
  s.spawn_all();
  s.pass(1s);
  s.exits("web", exit_status::exited(1));
  BOOST_TEST(s.state("web") == "starting");
}

// A stable uptime gives the short delay back.
BOOST_AUTO_TEST_CASE(stable_uptime_resets) {
  stage s({service("web")});
  s.begin();
  for (int n = 0; n < 3; ++n) {
    s.spawn_all();
    s.exits("web", exit_status::exited(1));
    s.pass(10s);
  }
  s.spawn_all();
  s.pass(60s);
  s.exits("web", exit_status::exited(1));
  BOOST_TEST((s.status("web").next_start_in == 500ms));
}

// What cannot be executed fails for good at once; what the system refused just now is tried again
// with a backoff of its own, never fails, and spends none of the restart budget.
BOOST_AUTO_TEST_CASE(spawn_faults) {
  service_spec spec = service("web");
  spec.restart.limit = 1;
  stage s({spec});
  s.begin();
  for (int n = 0; n < 50; ++n) {
    s.step(event::spawn_failed{s.id("web"), s.run("web"), event::spawn_fault::transient, "EAGAIN"});
    BOOST_TEST(s.why("web") == "spawn-retry");
    BOOST_TEST((s.status("web").next_start_in <= 33s));
    s.pass(33s);
    BOOST_TEST(s.state("web") == "starting");
  }
  BOOST_TEST(s.status("web").restarts == 0U);
  s.step(event::spawn_failed{s.id("web"), s.run("web"), event::spawn_fault::permanent,
                             "exec /bin/web: ENOENT"});
  BOOST_TEST(s.state("web") == "failed");
  BOOST_TEST(s.why("web") == "exec-failed");
  BOOST_TEST(s.status("web").because.text == "exec /bin/web: ENOENT");
  s.pass(1h);
  BOOST_TEST(s.state("web") == "failed");
}

// Not ready in time is a failed start: stopped by the rules, then the restart policy.
BOOST_AUTO_TEST_CASE(start_timeout) {
  service_spec spec = probed("web");
  spec.start_timeout = 2s;
  stage s({spec});
  s.begin();
  s.spawned("web");
  s.pass(50ms);
  s.probe("web", false, "HTTP 404");
  s.pass(2s);
  BOOST_TEST(s.state("web") == "stopping");
  BOOST_TEST(s.why("web") == "start-timeout");
  BOOST_TEST(s.status("web").because.text == "HTTP 404");
  s.exits("web", exit_status::exited(0));
  BOOST_TEST(s.state("web") == "backoff");
  BOOST_TEST(s.why("web") == "backoff");
  BOOST_TEST(s.newest("web").because.exit.has_value());
}

// P01: descendants that outlive the main process are killed at once, and only then is it started.
BOOST_AUTO_TEST_CASE(left_over_is_killed) {
  stage s({service("web")});
  s.begin();
  s.spawn_all();
  s.exits("web", exit_status::exited(0), 2);
  BOOST_TEST((s.asked() == lines{"kill web"}));
  BOOST_TEST(s.why("web") == "left-over");
  BOOST_TEST(s.status("web").because.count == 2U);
  s.pass(1min);
  BOOST_TEST(s.times("spawn web") == 1U);
  s.gone("web");
  BOOST_TEST(s.state("web") == "backoff");
  unsigned ends = 0;
  for (const auto& e : s.journal) ends += e.because.exit ? 1 : 0;
  BOOST_TEST(ends == 1U);
}

// At a stop, what is left gets the signal and the rest of the stop's time.
BOOST_AUTO_TEST_CASE(left_over_at_stop) {
  stage s({service("web")});
  s.begin();
  s.spawn_all();
  s.stop("web");
  s.pass(4s);
  s.exits("web", exit_status::exited(0), 1);
  BOOST_TEST((s.asked() == lines{"signal web 15 tree"}));
  s.pass(6s);
  BOOST_TEST((s.asked() == lines{"kill web"}));
  s.gone("web");
  BOOST_TEST(s.state("web") == "stopped");
}

// P14: ten restarts at once are at most two cycles, and the last one asked is served too.
BOOST_AUTO_TEST_CASE(restarts_join) {
  stage s({service("web")});
  s.begin();
  s.spawn_all();
  for (int n = 0; n < 5; ++n) s.restart("web");
  s.exits("web", exit_status::killed(15));
  for (int n = 0; n < 5; ++n) s.restart("web");
  s.spawn_all();
  BOOST_TEST(s.state("web") == "running");
  BOOST_TEST(s.times("spawn web") == 2U);
  BOOST_TEST((s.subject.towards_up(s.id("web")) == progress::done));
}

// A critical service that gives up takes the stack down with its code.
BOOST_AUTO_TEST_CASE(critical) {
  service_spec spec = service("db");
  spec.critical = true;
  spec.restart.policy = restart_policy::never;
  stage s({spec, service("web")});
  s.begin();
  s.spawn_all();
  s.exits("db", exit_status::killed(11));
  BOOST_TEST(s.state("db") == "failed");
  BOOST_TEST(s.why("web") == "critical-failed");
  s.exits("web", exit_status::exited(0));
  BOOST_TEST(s.times("down 139") == 1U);
}

// A stop that comes while the spawn is still unanswered ends what is born.
BOOST_AUTO_TEST_CASE(stop_before_birth) {
  stage s({service("web")});
  s.begin();
  s.stop("web");
  BOOST_TEST(s.state("web") == "stopping");
  s.spawned("web");
  BOOST_TEST((s.asked() == lines{"signal web 15 group"}));
  s.start("web");
  s.exits("web", exit_status::killed(15));
  BOOST_TEST(s.state("web") == "starting");
  BOOST_TEST(s.why("web") == "operator-start");
}

// A changed file restarts who runs, and brings back who failed.
BOOST_AUTO_TEST_CASE(files_changed) {
  service_spec spec = service("web");
  spec.restart.policy = restart_policy::never;
  stage s({spec});
  s.begin();
  s.spawn_all();
  s.step(event::files_changed{s.id("web"), "/src/a.py"});
  BOOST_TEST(s.status("web").because.text == "/src/a.py");
  s.exits("web", exit_status::killed(15));
  BOOST_TEST(s.state("web") == "starting");
  s.spawn_all();
  s.exits("web", exit_status::exited(1));
  BOOST_TEST(s.state("web") == "failed");
  s.step(event::files_changed{s.id("web"), "/src/a.py"});
  BOOST_TEST(s.state("web") == "starting");
  s.stop("web");
  s.spawned("web");
  s.exits("web", exit_status::killed(15));
  s.step(event::files_changed{s.id("web"), "/src/a.py"});
  BOOST_TEST(s.state("web") == "stopped");
}

BOOST_AUTO_TEST_SUITE_END()

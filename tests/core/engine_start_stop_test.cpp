#include <algorithm>

#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

BOOST_AUTO_TEST_SUITE(engine_start_stop)

// A service that is ready on execution runs as soon as it is spawned.
BOOST_AUTO_TEST_CASE(one_service_comes_up) {
  stage s({service("web")});
  s.begin();
  BOOST_TEST(s.asked() == lines{"spawn web"}, boost::test_tools::per_element());
  BOOST_TEST(s.state("web") == "starting");
  s.spawned("web");
  BOOST_TEST(s.state("web") == "running");
  BOOST_TEST(s.why("web") == "ready");
  BOOST_TEST(s.status("web").pid.value() == 1001);
  s.pass(1500ms);
  BOOST_TEST((s.status("web").uptime == 1500ms));
  BOOST_TEST((s.story("web") == lines{"stopped>starting config-added", "starting>running ready"}));
}

// What can start in parallel does; what depends waits for its condition and names it.
BOOST_AUTO_TEST_CASE(dependency_order) {
  stage s({probed("db"), service("cache"), service("web", {need("db"), need("cache")})});
  s.begin();
  BOOST_TEST((s.asked() == lines{"spawn cache", "spawn db"}));
  BOOST_TEST(s.state("web") == "waiting");
  BOOST_TEST(s.status("web").because.dependency == "db");
  s.spawned("cache");
  s.spawned("db");
  BOOST_TEST((s.subject.waits_for(s.id("web")) == lines{"db"}));
  s.pass(50ms);
  BOOST_TEST((s.asked() == lines{"probe db"}));
  s.probe("db", true);
  BOOST_TEST((s.asked() == lines{"spawn web"}));
  BOOST_TEST(s.why("web") == "dependency-back");
}

// Stopping one service ends nothing for the others, and a stop of all goes in reverse order.
BOOST_AUTO_TEST_CASE(stop_one_and_all) {
  stage s({service("db"), service("web", {need("db")}), service("ui", {need("web")})});
  s.begin();
  s.spawn_all();
  s.stop("db");
  BOOST_TEST((s.asked() == lines{"save", "signal db 15 group"}));
  BOOST_TEST(s.state("web") == "running");
  s.exits("db", exit_status::killed(15));
  BOOST_TEST(s.state("db") == "stopped");
  s.start("db");
  s.spawn_all();
  s.stop_all();
  BOOST_TEST((s.asked() == lines{"save", "signal ui 15 group"}));
  BOOST_TEST(s.state("db") == "running");
  s.exits("ui", exit_status::exited(0));
  BOOST_TEST((s.asked() == lines{"end ui", "signal web 15 group"}));
  s.exits("web", exit_status::exited(0));
  BOOST_TEST((s.asked() == lines{"end web", "signal db 15 group"}));
  s.exits("db", exit_status::exited(0));
  BOOST_TEST(s.subject.down());
}

// P02: what ignores the signal is killed when the stop timeout has passed, and the journal says so.
BOOST_AUTO_TEST_CASE(stop_timeout_kills) {
  stage s({service("web")});
  s.begin();
  s.spawn_all();
  s.stop("web");
  s.pass(9999ms);
  BOOST_TEST(s.times("kill web") == 0U);
  s.pass(1ms);
  BOOST_TEST((s.asked() == lines{"kill web"}));
  s.pass(2s);
  BOOST_TEST(s.times("kill web") == 2U);
  s.exits("web", exit_status::killed(9));
  BOOST_TEST(s.state("web") == "stopped");
  BOOST_TEST(s.why("web") == "stop-timeout");
}

// An unwanted end is followed by a timed restart with the configured delays.
BOOST_AUTO_TEST_CASE(backoff_grows) {
  stage s({service("web")});
  s.begin();
  duration expected = 500ms;
  for (int n = 1; n <= 4; ++n) {
    s.spawn_all();
    s.exits("web", exit_status::exited(1));
    BOOST_TEST(s.state("web") == "backoff");
    BOOST_TEST((s.status("web").next_start_in == expected));
    s.pass(expected - 1ns);
    BOOST_TEST(s.state("web") == "backoff");
    s.pass(1ns);
    BOOST_TEST(s.state("web") == "starting");
    expected *= 2;
  }
  BOOST_TEST(s.status("web").restarts == 4U);
}

// A shutdown stops all in order, spawns nothing more and ends exactly once.
BOOST_AUTO_TEST_CASE(shutdown) {
  stage s({service("db"), service("web", {need("db")})});
  s.begin();
  s.spawned("db");
  s.step(event::shutdown{});
  s.start("web");
  s.spawned("web");
  BOOST_TEST((s.asked() == lines{"signal web 15 group"}));
  s.exits("web", exit_status::exited(0));
  BOOST_TEST((s.asked() == lines{"end web", "signal db 15 group"}));
  s.exits("db", exit_status::exited(0));
  BOOST_TEST((s.asked() == lines{"end db", "down"}));
  s.step(event::shutdown{});
  s.step(event::tick{});
  BOOST_TEST(s.times("down") == 1U);
  BOOST_TEST(s.times("spawn web") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

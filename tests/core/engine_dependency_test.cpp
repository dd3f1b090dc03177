#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

BOOST_AUTO_TEST_SUITE(engine_dependencies)

// D04: a dependency that never gets ready fails its dependant after the dependant's own
// start_timeout, with the name; it comes back by itself as soon as the dependency is there.
BOOST_AUTO_TEST_CASE(timeout_and_return) {
  service_spec db = probed("db");
  db.start_timeout = 1h;
  service_spec web = service("web", {need("db")});
  web.start_timeout = 5s;
  stage s({db, web, service("other")});
  s.begin();
  s.spawned("db");
  s.spawned("other");
  s.pass(50ms);
  s.pass(5s);
  BOOST_TEST(s.state("web") == "failed");
  BOOST_TEST(s.why("web") == "dependency-timeout");
  BOOST_TEST(s.status("web").because.dependency == "db");
  BOOST_TEST((s.status("web").because.delay == 5s));
  BOOST_TEST((s.subject.waits_for(s.id("web")) == lines{"db"}));
  BOOST_TEST(s.state("other") == "running");
  s.probe("db", true);
  BOOST_TEST(s.state("web") == "starting");
  BOOST_TEST(s.why("web") == "dependency-back");
}

// A chain that failed for the sake of its root comes back when the root does, without a hand.
BOOST_AUTO_TEST_CASE(failure_and_return_of_a_chain) {
  stage s({service("a"), service("b", {need("a")}), service("c", {need("b")})});
  s.begin();
  s.step(event::spawn_failed{s.id("a"), s.run("a"), event::spawn_fault::permanent, "ENOENT"});
  BOOST_TEST(s.why("b") == "dependency-failed");
  BOOST_TEST(s.status("b").because.dependency == "a");
  BOOST_TEST(s.why("c") == "dependency-failed");
  BOOST_TEST(s.status("c").because.dependency == "b");
  BOOST_TEST((s.status("c").desired == desired_state::up));
  s.start("a");
  s.spawn_all();
  for (const char* name : {"a", "b", "c"}) BOOST_TEST(s.state(name) == "running");
}

// A dependant that runs is not disturbed when its dependency dies.
BOOST_AUTO_TEST_CASE(dependants_are_not_disturbed) {
  stage s({service("db"), service("web", {need("db")})});
  s.begin();
  s.spawn_all();
  s.exits("db", exit_status::killed(9));
  BOOST_TEST(s.state("web") == "running");
  s.restart("db");
  s.spawn_all();
  BOOST_TEST(s.times("spawn web") == 1U);
}

// With `restart: true` it goes down with its dependency, and comes back by itself after it.
BOOST_AUTO_TEST_CASE(restart_with_dependency) {
  stage s(
      {service("db"), service("web", {need_restart("db")}), service("ui", {need_restart("web")})});
  s.begin();
  s.spawn_all();
  s.exits("db", exit_status::killed(9));
  BOOST_TEST((s.asked() == lines{"end db", "signal ui 15 group"}));
  s.exits("ui", exit_status::exited(0));
  BOOST_TEST((s.asked() == lines{"end ui", "signal web 15 group"}));
  BOOST_TEST(s.status("web").because.dependency == "db");
  s.exits("web", exit_status::exited(0));
  BOOST_TEST(s.state("web") == "waiting");
  s.pass(500ms);
  s.spawn_all();
  for (const char* name : {"db", "web", "ui"}) {
    BOOST_TEST(s.state(name) == "running");
    BOOST_TEST(s.times(std::string("spawn ") + name) == 2U);
  }
  BOOST_TEST(s.status("web").restarts == 0U);
}

// D06: a root with 999 hard dependants flaps; each recovery is one stop wave and one start wave.
BOOST_AUTO_TEST_CASE(cascade) {
  std::vector<service_spec> all{service("root")};
  for (int n = 0; n < 999; ++n)
    all.push_back(service("d" + std::to_string(n), {need_restart("root")}));
  stage s(all);
  s.begin();
  s.spawn_all();
  const std::size_t flaps = 3;
  for (std::size_t n = 0; n < flaps; ++n) {
    s.exits("root", exit_status::exited(1));
    for (int d = 0; d < 999; ++d) s.exits("d" + std::to_string(d), exit_status::killed(15));
    s.pass(30s);
    s.spawn_all();
  }
  std::size_t spawns = 0, signals = 0;
  for (const auto& line : s.said) {
    spawns += line.rfind("spawn d", 0) == 0;
    signals += line.rfind("signal d", 0) == 0;
  }
  BOOST_TEST(spawns == 999 * (flaps + 1));
  BOOST_TEST(signals == 999 * flaps);
}

// D11: while a leaf is stubborn its dependencies stay up; it is killed, and they follow.
BOOST_AUTO_TEST_CASE(stubborn_leaf) {
  stage s({service("a"), service("b", {need("a")}), service("c", {need("b")})});
  s.begin();
  s.spawn_all();
  s.step(event::shutdown{});
  s.pass(9s);
  BOOST_TEST(s.state("a") == "running");
  BOOST_TEST(s.state("b") == "running");
  s.pass(1s);
  BOOST_TEST(s.times("kill c") == 1U);
  s.exits("c", exit_status::killed(9));
  BOOST_TEST((s.asked() == lines{"end c", "signal b 15 group"}));
}

// The cap on a shutdown kills whoever is left, whatever the order says.
BOOST_AUTO_TEST_CASE(shutdown_cap) {
  stack_spec stack = stack_of({service("a"), service("b", {need("a")})});
  stack.shutdown_timeout = 4s;
  stage s(stack);
  s.begin();
  s.spawn_all();
  s.step(event::shutdown{});
  s.pass(4s);
  BOOST_TEST((s.asked() == lines{"kill a", "kill b"}));
  s.exits("a", exit_status::killed(9));
  s.exits("b", exit_status::killed(9));
  BOOST_TEST(s.times("down") == 1U);
}

// A restart of all goes down in reverse order and comes back in order.
BOOST_AUTO_TEST_CASE(restart_all_in_order) {
  stage s({service("db"), service("web", {need("db")})});
  s.begin();
  s.spawn_all();
  s.step(event::restart{s.subject.instances()});
  BOOST_TEST((s.asked() == lines{"signal web 15 group"}));
  s.exits("web", exit_status::killed(15));
  BOOST_TEST((s.asked() == lines{"end web", "signal db 15 group"}));
  BOOST_TEST(s.state("web") == "waiting");
  s.exits("db", exit_status::killed(15));
  BOOST_TEST((s.asked() == lines{"end db", "spawn db"}));
  s.spawned("db");
  BOOST_TEST((s.asked() == lines{"spawn web"}));
}

// A dependency that is not required is waited for, but not when it failed, is not wanted or
// unknown.
BOOST_AUTO_TEST_CASE(optional_dependency) {
  stage s({service("cache"), service("web", {need_not("cache"), need_not("nobody")})});
  s.begin();
  BOOST_TEST(s.state("web") == "waiting");
  s.stop("cache");
  BOOST_TEST(s.state("web") == "starting");
}

// `ready` of a oneshot is its success, and a start pulls up what is required, but nothing else.
BOOST_AUTO_TEST_CASE(oneshot_and_pull) {
  service_spec migrate = service("migrate", {need("db")});
  migrate.type = service_type::oneshot;
  std::vector<service_spec> all{service("db"), migrate, service("extra"),
                                service("web", {need("migrate"), need_not("extra")})};
  for (auto& spec : all) spec.autostart = false;
  stage s(all);
  s.begin();
  BOOST_TEST(s.last.empty());
  s.start("web");
  BOOST_TEST((s.asked() == lines{"save", "spawn db"}));
  s.spawned("db");
  s.spawned("migrate");
  BOOST_TEST(s.state("migrate") == "running");
  BOOST_TEST(s.state("web") == "waiting");
  s.exits("migrate", exit_status::exited(0));
  BOOST_TEST(s.state("web") == "starting");
  BOOST_TEST(s.state("extra") == "stopped");
  BOOST_TEST(s.subject.desired().size() == 3U);
}

// A condition holds when it holds for every instance of the dependency.
BOOST_AUTO_TEST_CASE(instances) {
  service_spec db = service("db");
  db.instances = 2;
  db.port = 5000;
  stage s({db, service("web", {need("db")})});
  s.begin();
  s.spawned("db@1");
  BOOST_TEST(s.state("web") == "waiting");
  s.spawned("db@2");
  BOOST_TEST(s.state("web") == "starting");
  BOOST_TEST(s.status("db@2").port.value() == 5001);
  BOOST_TEST(s.subject.resolve("db").size() == 2U);
  BOOST_TEST(s.subject.resolve("db@2").size() == 1U);
  BOOST_TEST(s.subject.resolve("dc").empty());
}

BOOST_AUTO_TEST_SUITE_END()

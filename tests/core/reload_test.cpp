#include <aurora/plan.hpp>

#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

namespace {

using action = plan_step::action;

stack_spec three() { return stack_of({service("a"), service("b", {need("a")}), service("c")}); }

service_spec& find(stack_spec& stack, const std::string& name) {
  for (auto& s : stack.services)
    if (s.name == name) return s;
  throw std::logic_error("no service " + name);
}

/// Three services, up.
struct running_three : stage {
  running_three() : stage(three()) {
    begin();
    spawn_all();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reload)

// What a process is made of restarts it; rules about it do not; both name their keys.
BOOST_AUTO_TEST_CASE(plan_tells_restart_from_update) {
  const stack_spec before = three();
  stack_spec after = before;
  BOOST_TEST(make_plan(before, after).empty());
  find(after, "a").restart.delay = 1s;
  find(after, "a").labels["team"] = "x";
  find(after, "b").command.push_back({"-v"});
  find(after, "b").stop.timeout = 1s;
  find(after, "c").instances = 3;
  after.services.push_back(service("d"));
  const plan_steps steps = make_plan(before, after);
  BOOST_TEST(steps.size() == 4U);
  BOOST_TEST((steps[0].what == action::update));
  BOOST_TEST((steps[0].keys == lines{"labels", "restart.delay"}));
  BOOST_TEST((steps[1].what == action::restart));
  BOOST_TEST((steps[1].keys == lines{"command", "stop.timeout"}));
  BOOST_TEST((steps[2].what == action::scale));
  BOOST_TEST(steps[2].to_instances == 3U);
  BOOST_TEST((steps[3].what == action::add));
  BOOST_TEST((make_plan(after, before).back().what == action::remove));
}

// C10: of all services only the changed one restarts; the others keep their runs and timers.
BOOST_AUTO_TEST_CASE(only_the_changed_one_restarts) {
  running_three s;
  s.exits("c", exit_status::exited(1));
  const auto due = s.subject.next_deadline();
  stack_spec next = three();
  find(next, "a").command.push_back({"-v"});
  s.apply(next);
  BOOST_TEST((s.asked() == lines{"signal a 15 group"}));
  BOOST_TEST(s.status("a").because.text == "command");
  BOOST_TEST(s.subject.spec(s.id("a")).command.size() == 1U);
  s.exits("a", exit_status::killed(15));
  BOOST_TEST((s.asked() == lines{"end a", "spawn a"}));
  BOOST_TEST(s.subject.spec(s.id("a")).command.size() == 2U);
  BOOST_TEST(s.run("b") == 1U);
  BOOST_TEST(s.status("c").restarts == 1U);
  BOOST_TEST((s.subject.next_deadline() == due));
}

// A reload of the same does nothing, ten thousand times.
BOOST_AUTO_TEST_CASE(same_again) {
  running_three s;
  for (int n = 0; n < 10000; ++n) {
    BOOST_REQUIRE(s.apply(three()).empty());
    BOOST_REQUIRE(s.last.empty());
  }
}

// Rules change in place: the next stop goes by the new timeout, with the same process.
BOOST_AUTO_TEST_CASE(rules_in_place) {
  running_three s;
  stack_spec next = three();
  find(next, "a").stop.timeout = 1s;
  s.apply(next);
  BOOST_TEST(s.last.empty());
  s.stop("a");
  s.pass(1s);
  BOOST_TEST((s.asked() == lines{"kill a"}));
}

// What is removed stops in order and is forgotten; its number is not used again.
BOOST_AUTO_TEST_CASE(removal) {
  running_three s;
  const auto old = s.id("b");
  s.apply(stack_of({service("c")}));
  BOOST_TEST((s.asked() == lines{"signal b 15 group"}));
  s.exits("b", exit_status::killed(15));
  BOOST_TEST(s.asked() == (lines{"end b", "signal a 15 group", "forget b"}),
             boost::test_tools::per_element());
  BOOST_TEST(!s.subject.find("b"));
  s.exits("a", exit_status::killed(15));
  BOOST_TEST((s.asked() == lines{"end a", "forget a"}));
  s.apply(three());
  BOOST_TEST((s.id("b") != old));
  s.step(event::main_exited{old, 1, exit_status::exited(0), 0});
  BOOST_TEST(s.subject.stale_events() == 1U);
}

// A name that comes back before its end is over is never there twice.
BOOST_AUTO_TEST_CASE(back_before_gone) {
  running_three s;
  s.apply(stack_of({service("a"), service("b", {need("a")})}));
  BOOST_TEST(s.state("c") == "stopping");
  s.apply(three());
  BOOST_TEST(s.times("spawn c") == 1U);
  s.exits("c", exit_status::killed(15));
  BOOST_TEST((s.asked() == lines{"end c", "spawn c"}));
}

// Scaling leaves those that stay alone; from one to several the old one makes room first.
BOOST_AUTO_TEST_CASE(scaling) {
  running_three s;
  stack_spec next = three();
  find(next, "c").instances = 2;
  s.apply(next);
  BOOST_TEST(s.asked() == (lines{"signal c 15 group", "spawn c@2"}),
             boost::test_tools::per_element());
  BOOST_TEST(s.state("c@1") == "waiting");
  s.spawned("c@2");
  s.exits("c", exit_status::killed(15));
  BOOST_TEST((s.asked() == lines{"end c", "forget c", "spawn c@1"}));
  s.spawned("c@1");
  find(next, "c").instances = 3;
  s.apply(next);
  BOOST_TEST((s.asked() == lines{"spawn c@3"}));
  find(next, "c").instances = 2;
  s.apply(next);
  BOOST_TEST(s.state("c@3") == "stopping");
  BOOST_TEST(s.state("c@2") == "running");
}

// A new dependency is heeded from the next start on, and runs are left alone.
BOOST_AUTO_TEST_CASE(new_edge) {
  running_three s;
  stack_spec next = three();
  find(next, "c").depends_on = {need("b")};
  s.apply(next);
  BOOST_TEST(s.last.empty());
  s.stop_all();
  BOOST_TEST((s.asked() == lines{"save", "signal c 15 group"}));
}

// A stop is kept: restored, told where it differs from autostart, and not undone by a reload.
BOOST_AUTO_TEST_CASE(sticky_stop) {
  stage s(three());
  s.subject.restore_desired({{"c", desired_state::down}, {"gone", desired_state::down}});
  s.begin();
  BOOST_TEST(s.state("c") == "stopped");
  BOOST_TEST(s.why("c") == "not-started");
  BOOST_TEST(s.subject.desired().size() == 1U);
  stack_spec next = three();
  find(next, "c").command.push_back({"-v"});
  s.apply(next);
  BOOST_TEST(s.state("c") == "stopped");
  s.start("c");
  BOOST_TEST(s.subject.desired().empty());
  BOOST_TEST(s.times("save") == 1U);
}

// A changed definition gives a failed one another chance.
BOOST_AUTO_TEST_CASE(failed_one_is_fixed) {
  running_three s;
  stack_spec next = three();
  find(next, "c").restart.policy = restart_policy::never;
  s.apply(next);
  s.exits("c", exit_status::exited(1));
  BOOST_TEST(s.state("c") == "failed");
  find(next, "c").command.push_back({"--fixed"});
  s.apply(next);
  BOOST_TEST((s.asked() == lines{"spawn c"}));
  BOOST_TEST(s.why("c") == "config-changed");
}

BOOST_AUTO_TEST_SUITE_END()

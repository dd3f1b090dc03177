#include <functional>

#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

namespace {

struct scene {
  const char* name;
  std::function<void(stage&)> play;  // brings "web" there
};
struct happening {
  const char* name;
  std::function<engine_event(stage&, instance_id, run_number)> make;
};

std::vector<service_spec> cast_of() {
  service_spec web = probed("web", {need("db")});
  web.hooks.pre_start = web.hooks.pre_stop = web.hooks.post_stop = {{"hook"}};
  web.restart.limit = 1;
  service_spec seen = probed("seen");
  seen.type = service_type::external;
  return {service("db"), web, seen};
}

void to_preparing(stage& s) { s.spawned("db"); }
void to_spawning(stage& s) {
  to_preparing(s);
  s.hook("web", hook_kind::pre_start, true);
}
void to_starting(stage& s) {
  to_spawning(s);
  s.spawned("web");
}
void to_running(stage& s) {
  to_starting(s);
  s.pass(50ms);
  s.probe("web", true);
}
void to_pre_stopping(stage& s) {
  to_running(s);
  s.stop("web");
}
void to_stopping(stage& s) {
  to_pre_stopping(s);
  s.hook("web", hook_kind::pre_stop, true);
}
void to_killed(stage& s) {
  to_stopping(s);
  s.pass(11s);
}
void to_left_over(stage& s) {
  to_running(s);
  s.exits("web", exit_status::exited(1), 2);
}
void to_cleaning(stage& s) {
  to_running(s);
  s.exits("web", exit_status::exited(1));
}
void to_backoff(stage& s) {
  to_cleaning(s);
  s.hook("web", hook_kind::post_stop, true);
}
void to_failed(stage& s) {
  to_spawning(s);
  s.step(event::spawn_failed{s.id("web"), s.run("web"), event::spawn_fault::permanent, "ENOENT"});
}

const std::vector<scene>& scenes() {
  static const std::vector<scene> all = {
      {"waiting", [](stage&) {}},
      {"stopped", [](stage& s) { s.stop("web"); }},
      {"preparing", to_preparing},
      {"abandoning",
       [](stage& s) {
         to_preparing(s);
         s.stop("web");
       }},
      {"spawning", to_spawning},
      {"unborn",
       [](stage& s) {
         to_spawning(s);
         s.stop("web");
       }},
      {"starting", to_starting},
      {"running", to_running},
      {"cycling",
       [](stage& s) {
         to_running(s);
         s.restart("web");
       }},
      {"leaving",
       [](stage& s) {
         to_running(s);
         s.step(event::notify_stopping{s.id("web"), s.run("web")});
       }},
      {"pre_stopping", to_pre_stopping},
      {"stopping", to_stopping},
      {"killed", to_killed},
      {"left_over", to_left_over},
      {"cleaning", to_cleaning},
      {"backoff", to_backoff},
      {"failed", to_failed},
      {"dependency_failed",
       [](stage& s) {
         s.step(event::spawn_failed{s.id("db"), s.run("db"), event::spawn_fault::permanent, "x"});
       }},
      {"shutdown",
       [](stage& s) {
         to_running(s);
         s.step(event::shutdown{});
       }},
      {"removed", [](stage& s) {
         to_running(s);
         s.apply(stack_of({service("db")}));
       }}};
  return all;
}

const std::vector<happening>& happenings() {
  using I = instance_id;
  using R = run_number;
  static const std::vector<happening> all = {
      {"start", [](stage&, I i, R) { return engine_event(event::start{{i}}); }},
      {"stop", [](stage&, I i, R) { return engine_event(event::stop{{i}}); }},
      {"restart", [](stage&, I i, R) { return engine_event(event::restart{{i}}); }},
      {"shutdown", [](stage&, I, R) { return engine_event(event::shutdown{}); }},
      {"kill_all", [](stage&, I, R) { return engine_event(event::kill_all{}); }},
      {"spawned",
       [](stage&, I i, R r) {
         return engine_event(event::spawned{i, r, 7});
       }},
      {"spawn_failed",
       [](stage&, I i, R r) {
         return engine_event(event::spawn_failed{i, r, event::spawn_fault::transient, "x"});
       }},
      {"exec_failed",
       [](stage&, I i, R r) {
         return engine_event(event::spawn_failed{i, r, event::spawn_fault::permanent, "x"});
       }},
      {"ready",
       [](stage&, I i, R r) {
         return engine_event(event::signalled_ready{i, r});
       }},
      {"healthy",
       [](stage&, I i, R r) {
         return engine_event(event::probe_result{i, r, true, "x"});
       }},
      {"unhealthy",
       [](stage&, I i, R r) {
         return engine_event(event::probe_result{i, r, false, "x"});
       }},
      {"exited",
       [](stage&, I i, R r) {
         return engine_event(event::main_exited{i, r, exit_status::exited(1), 0});
       }},
      {"exited_left",
       [](stage&, I i, R r) {
         return engine_event(event::main_exited{i, r, exit_status::exited(0), 2});
       }},
      {"tree_gone",
       [](stage&, I i, R r) {
         return engine_event(event::tree_gone{i, r});
       }},
      {"pre_start",
       [](stage&, I i, R r) {
         return engine_event(event::hook_done{i, r, hook_kind::pre_start, true, ""});
       }},
      {"pre_start_bad",
       [](stage&, I i, R r) {
         return engine_event(event::hook_done{i, r, hook_kind::pre_start, false, "x"});
       }},
      {"post_start_bad",
       [](stage&, I i, R r) {
         return engine_event(event::hook_done{i, r, hook_kind::post_start, false, "x"});
       }},
      {"pre_stop",
       [](stage&, I i, R r) {
         return engine_event(event::hook_done{i, r, hook_kind::pre_stop, false, "x"});
       }},
      {"post_stop",
       [](stage&, I i, R r) {
         return engine_event(event::hook_done{i, r, hook_kind::post_stop, false, "x"});
       }},
      {"stop_command",
       [](stage&, I i, R r) {
         return engine_event(event::stop_command_done{i, r, false, "x"});
       }},
      {"leaving",
       [](stage&, I i, R r) {
         return engine_event(event::notify_stopping{i, r});
       }},
      {"status",
       [](stage&, I i, R r) {
         return engine_event(event::notify_status{i, r, "x"});
       }},
      {"armed",
       [](stage&, I i, R r) {
         return engine_event(event::watchdog_armed{i, r, 1s});
       }},
      {"ping",
       [](stage&, I i, R r) {
         return engine_event(event::watchdog_ping{i, r});
       }},
      {"trigger",
       [](stage&, I i, R r) {
         return engine_event(event::watchdog_triggered{i, r});
       }},
      {"extend",
       [](stage&, I i, R r) {
         return engine_event(event::extend_timeout{i, r, duration::max()});
       }},
      {"repid",
       [](stage&, I i, R r) {
         return engine_event(event::main_pid_changed{i, r, 8});
       }},
      {"files", [](stage&, I i, R) { return engine_event(event::files_changed{i, "/f"}); }},
      {"tick", [](stage&, I, R) { return engine_event(event::tick{}); }}};
  return all;
}

// Whatever was done: everything can still be brought down, and only what lives is killed.
void bring_down(stage& s) {
  s.step(event::kill_all{});
  for (int round = 0; round < 4 && !s.subject.down(); ++round)
    for (const instance_id id : s.subject.instances()) {
      if (!s.subject.alive(id)) continue;
      const std::string name = s.subject.name(id);
      s.spawned(name);
      if (s.subject.find(name)) s.exits(name, exit_status::killed(9));
      if (s.subject.find(name)) s.gone(name);
      s.pass(15s);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(product)

// Every event in every phase, and every event after that, is taken; the journal stays a walk, a
// stop keeps its deadline, and all can be brought down afterwards.
BOOST_AUTO_TEST_CASE(every_event_in_every_phase) {
  unsigned walked = 0;
  for (const scene& where : scenes())
    for (const happening& first : happenings())
      for (const happening& second : happenings()) {
        BOOST_TEST_CONTEXT(where.name << ", " << first.name << ", " << second.name) {
          stage s(cast_of());
          s.begin();
          where.play(s);
          for (const happening* what : {&first, &second}) {
            const auto web = s.subject.find("web");
            if (!web) continue;
            s.step(what->make(s, *web, s.subject.run_of(*web)));
            if (!s.subject.find("web")) continue;
            if (s.state("web") == "stopping") BOOST_REQUIRE(s.subject.next_deadline().has_value());
          }
          state before = state::stopped;
          for (const auto& e : s.journal) {
            if (e.instance != "web") continue;
            BOOST_REQUIRE((e.from == before));
            before = e.to;
          }
          bring_down(s);
          BOOST_REQUIRE(s.subject.down());
          BOOST_REQUIRE(s.times("down") == 1U);
          ++walked;
        }
      }
  BOOST_TEST(walked == scenes().size() * happenings().size() * happenings().size());
}

// An external service takes every event too.
BOOST_AUTO_TEST_CASE(every_event_on_an_external_service) {
  for (const happening& what : happenings()) {
    stage s(cast_of());
    s.begin();
    const instance_id seen = s.id("seen");
    s.step(what.make(s, seen, s.subject.run_of(seen)));
    BOOST_TEST(!s.subject.alive(seen));
  }
}

BOOST_AUTO_TEST_SUITE_END()

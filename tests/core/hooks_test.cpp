#include "core/stage.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace aurora::core::testing;

namespace {

service_spec hooked() {
  service_spec s = service("web");
  s.hooks.pre_start = s.hooks.post_start = s.hooks.pre_stop = s.hooks.post_stop = {{"hook"}};
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hooks)

// Each hook has its place: before the spawn, after ready, before the signal, after the end.
BOOST_AUTO_TEST_CASE(order) {
  stage s({hooked()});
  s.begin();
  BOOST_TEST((s.asked() == lines{"hook web pre_start"}));
  s.hook("web", hook_kind::pre_start, true);
  BOOST_TEST((s.asked() == lines{"spawn web"}));
  s.spawned("web");
  BOOST_TEST((s.asked() == lines{"hook web post_start"}));
  s.stop("web");
  BOOST_TEST((s.asked() == lines{"save", "hook web pre_stop"}));
  s.hook("web", hook_kind::pre_stop, true);
  BOOST_TEST((s.asked() == lines{"signal web 15 group"}));
  s.exits("web", exit_status::exited(0));
  BOOST_TEST((s.asked() == lines{"hook web post_stop"}));
  BOOST_TEST(s.state("web") == "stopping");
  s.start("web");
  BOOST_TEST(s.asked().front() == "save");
  s.hook("web", hook_kind::post_stop, true);
  BOOST_TEST((s.asked() == lines{"end web", "hook web pre_start"}));
}

// A failed pre_start is a failed start; a failed post_start is told and changes nothing.
BOOST_AUTO_TEST_CASE(failures) {
  stage s({hooked()});
  s.begin();
  s.hook("web", hook_kind::pre_start, false, "exit code 1");
  BOOST_TEST(s.state("web") == "backoff");
  BOOST_TEST(s.why("web") == "hook-failed");
  BOOST_TEST(s.status("web").because.text == "exit code 1");
  s.pass(500ms);
  s.hook("web", hook_kind::pre_start, true);
  s.spawned("web");
  s.hook("web", hook_kind::post_start, false, "exit code 2");
  BOOST_TEST(s.state("web") == "running");
  BOOST_TEST(s.story("web").back() == "running>running hook-failed");
}

// P23: a hook that never answers delays a stop, but does not prevent it, and the journal says so.
BOOST_AUTO_TEST_CASE(silent_hooks) {
  stage s({hooked()});
  s.begin();
  s.hook("web", hook_kind::pre_start, true);
  s.spawned("web");
  s.stop("web");
  s.pass(15s);
  BOOST_TEST((s.asked() == lines{"signal web 15 group"}));
  BOOST_TEST(s.story("web").back() == "stopping>stopping hook-failed");
  s.exits("web", exit_status::killed(15));
  s.pass(15s);
  BOOST_TEST(s.state("web") == "stopped");
}

// A stop command replaces the signal, unless it fails; the timeout holds either way.
BOOST_AUTO_TEST_CASE(stop_command) {
  service_spec spec = service("web");
  spec.stop.command = {{"stop"}};
  stage s({spec});
  s.begin();
  s.spawn_all();
  s.stop("web");
  BOOST_TEST((s.asked() == lines{"save", "stop_command web"}));
  s.step(event::stop_command_done{s.id("web"), s.run("web"), true, ""});
  BOOST_TEST(s.asked().empty());
  s.pass(10s);
  BOOST_TEST((s.asked() == lines{"kill web"}));
  s.exits("web", exit_status::killed(9));
  s.start("web");
  s.spawned("web");
  s.stop("web");
  s.step(event::stop_command_done{s.id("web"), s.run("web"), false, "exit code 1"});
  BOOST_TEST((s.asked() == lines{"signal web 15 group"}));
}

BOOST_AUTO_TEST_SUITE_END()

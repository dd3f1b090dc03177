#include "describe.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora::ctl;

namespace {

service_view service(const std::string& name, const std::string& state, const std::string& reason) {
  service_view s;
  s.name = s.service = name;
  s.state = state;
  s.reason = reason;
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(describing)

// Who waits says for whom, and only for those that are not there.
BOOST_AUTO_TEST_CASE(waiting_names_dependencies) {
  auto web = service("web", "waiting", "dependency-wait");
  web.depends_on = {"db", "cache", "queue"};
  status_view all;
  all.services = {web, service("db", "starting", "spawned"), service("cache", "running", "ready"),
                  service("queue", "backoff", "backoff")};
  BOOST_TEST(note_of(web, all) == "waits for db and queue");
}

// Backoff and failure say what happened and what comes next.
BOOST_AUTO_TEST_CASE(trouble_is_explained) {
  auto web = service("web", "backoff", "backoff");
  web.next_start = std::chrono::milliseconds(1900);
  web.last_exit = exit_view{std::nullopt, "SIGKILL", "oom", false};
  BOOST_TEST(note_of(web, {}) == "starts again in 1.9s after SIGKILL (OOM)");
  web.state = "failed";
  web.reason = "limit-reached";
  web.last_exit = exit_view{1, "", "", false};
  BOOST_TEST(note_of(web, {}) == "gave up after too many restarts: exit code 1");
  web.reason = "exec-failed";
  web.because_text = "exec './x': no such file or directory";
  BOOST_TEST(note_of(web, {}) == "cannot be executed: exec './x': no such file or directory");
}

// Words of a newer daemon are shown as they are.
BOOST_AUTO_TEST_CASE(unknown_reason_stays) {
  BOOST_TEST(note_of(service("web", "running", "made-up"), {}) == "made-up");
}

// A status of another version is read as far as it goes.
BOOST_AUTO_TEST_CASE(status_is_read_tolerantly) {
  const auto status = read_status(parse_answer(
      R"({"daemon": {"pid": "seven", "new": 1}, "services": [
          {"name": "web", "pid": 42, "restarts": -1, "uptime_seconds": 1e300, "depends_on": [1, "db"],
           "last_exit": {"code": null, "signal": "SIGKILL", "cause": "oom"}}, 5]})"));
  BOOST_TEST(!status.daemon.pid.has_value());
  BOOST_TEST(status.services.size() == 2);
  const auto& web = status.services[0];
  BOOST_TEST(web.pid.value() == 42);
  BOOST_TEST(web.restarts == 0);
  BOOST_TEST(!web.uptime.has_value());
  BOOST_TEST(web.depends_on.size() == 1);
  BOOST_TEST(in_words(*web.last_exit) == "SIGKILL (OOM)");
}

// Numbers stay as people write them.
BOOST_AUTO_TEST_CASE(json_is_plain) {
  BOOST_TEST(to_text(parse_answer(R"({"a":4.9,"b":[1,true,null,"x\"y"]})")) ==
             R"({"a":4.9,"b":[1,true,null,"x\"y"]})");
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

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
  }
  std::vector<std::string> with_state(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--state-dir", dir.path().string()});
    return arguments;
  }
  outcome ctl(const std::vector<std::string>& arguments) { return run(with_state(arguments)); }
};

std::string operation(const std::string& targets, bool finished = true) {
  return std::string(R"({"operation":{"finished":)") + (finished ? "true" : "false") +
         R"(,"targets":[)" + targets + "]}}";
}

std::string target(const std::string& name, const std::string& result, const std::string& state,
                   const std::string& detail = "") {
  return R"({"name":")" + name + R"(","result":")" + result + R"(","state":")" + state +
         R"(","detail":")" + detail + "\"}";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(changing, fixture)

// What is asked reaches the daemon, and the result is a sentence and a code.
BOOST_AUTO_TEST_CASE(start_stop_restart) {
  daemon.on("POST /api/v1/start",
            operation(target("web", "done", "running") + "," + target("db", "already", "running")));
  daemon.on("POST /api/v1/stop", operation(target("web", "done", "stopped")));
  daemon.on("POST /api/v1/restart", operation(target("web", "done", "running")));
  const auto started = ctl({"start", "web", "db"});
  BOOST_TEST(started.code == 0);
  BOOST_TEST(started.out == "web is running\ndb is already running\n");
  BOOST_TEST(daemon.wait_for(R"({"services":["web","db"]})"));
  BOOST_TEST(daemon.wait_for("POST /api/v1/start?wait="));
  BOOST_TEST(ctl({"stop", "web"}).out == "web is stopped\n");
  BOOST_TEST(ctl({"restart", "-q", "web"}).out == "");
  BOOST_TEST(ctl({"restart", "--json", "web"}).out ==
             operation(target("web", "done", "running")) + "\n");
}

// One that failed is told with its reason and where to read on.
BOOST_AUTO_TEST_CASE(failed_start) {
  daemon.on("POST /api/v1/start",
            operation(target("web", "failed", "failed", "exit code 1, 10 restarts in 5m")));
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"start"}, {"start", "--json"}, {"up", "-d"}}) {
    const auto r = ctl(arguments);
    BOOST_TEST(r.code == 1);
    BOOST_TEST(contains(r.err, "web failed: exit code 1, 10 restarts in 5m"));
    BOOST_TEST(contains(r.err, "aurorctl why web"));
  }
}

// While it waits it says what happens, a line a change where no terminal is.
BOOST_AUTO_TEST_CASE(progress_in_lines) {
  const auto waiting =
      service_json("web", "waiting", R"(,"depends_on":["db"],"reason":"dependency-wait")");
  const std::string before = status_json({service_json("db", "starting"), waiting});
  daemon.greet({snapshot_json(before)});
  fake_server::answer hung;
  hung.how = fake_server::answer::way::never;
  daemon.on("POST /api/v1/start", hung);
  program p(with_state({"start", "web", "--timeout", "20s"}));
  BOOST_TEST(p.complained("db: starting"));
  BOOST_TEST(p.complained("web: waiting: waits for db"));
  daemon.push(R"({"type":"status","service":)" + service_json("db") + "}");
  BOOST_TEST(p.complained("db: running after"));
  daemon.push(R"({"type":"status","service":)" + service_json("web") + "}");
  BOOST_TEST(p.complained("web: running after"));
}

// On a terminal the same is one block that is drawn anew and goes away.
BOOST_AUTO_TEST_CASE(progress_on_a_terminal) {
  daemon.greet({snapshot_json(status_json({service_json("db", "starting")}))});
  fake_server::answer hung;
  hung.how = fake_server::answer::way::never;
  daemon.on("POST /api/v1/start", hung);
  program::setup how;
  how.to = program::output::terminal;
  program p(with_state({"start"}), how);
  BOOST_TEST(p.printed("0 of 1 ready"));
  BOOST_TEST(p.printed("starting"));
  BOOST_TEST(p.printed("\x1b[2A"));
}

// --timeout ends the waiting, not the work, and says what is not there yet.
BOOST_AUTO_TEST_CASE(timed_out) {
  daemon.on("POST /api/v1/start",
            operation(target("web", "pending", "starting", "not ready yet"), false));
  daemon.on("GET /api/v1/status", status_json({service_json("web", "starting")}));
  const auto r = ctl({"start", "--timeout", "300ms"});
  BOOST_TEST(r.code == 124);
  BOOST_TEST(contains(r.err, "timed out after 0.3s"));
  BOOST_TEST(contains(r.err, "web is starting"));
}

// A daemon that falls while it is waited for and comes back is asked again, by its status.
BOOST_AUTO_TEST_CASE(lost_answer_is_found_again) {
  fake_server::answer cut;
  cut.how = fake_server::answer::way::cut;
  daemon.on("POST /api/v1/restart", cut);
  daemon.on("GET /api/v1/status", status_json({service_json("web", "running")}));
  const auto r = ctl({"restart", "web"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.out == "web is running\n");
}

// --no-wait asks without waiting.
BOOST_AUTO_TEST_CASE(no_wait) {
  fake_server::answer accepted;
  accepted.status = 202;
  accepted.body = operation(target("web", "pending", "starting"), false);
  daemon.on("POST /api/v1/restart", accepted);
  BOOST_TEST(ctl({"restart", "--no-wait", "web"}).code == 0);
  for (const auto& request : daemon.requests()) BOOST_TEST(!contains(request, "wait="));
}

// Signals by any name, and numbers of instances, are checked before anyone is asked.
BOOST_AUTO_TEST_CASE(signal_and_scale) {
  daemon.on("POST /api/v1/services/web/signal", operation(""));
  daemon.on("POST /api/v1/services/web/scale", operation(target("web@1", "done", "running")));
  BOOST_TEST(ctl({"signal", "web", "hup"}).out == "SIGHUP sent to web\n");
  BOOST_TEST(daemon.wait_for(R"({"signal":"SIGHUP"})"));
  BOOST_TEST(ctl({"signal", "web", "NOPE"}).code == 2);
  BOOST_TEST(ctl({"scale", "web", "3"}).code == 0);
  BOOST_TEST(daemon.wait_for(R"({"instances":3})"));
  for (const char* bad : {"0", "-1", "many", "3x"})
    BOOST_TEST(ctl({"scale", "--", "web", bad}).code == 2);
}

// Plan and reload list the steps; an invalid configuration is code 6 with its faults.
BOOST_AUTO_TEST_CASE(plan_and_reload) {
  const std::string steps =
      R"({"steps":[{"service":"web","action":"restart","keys":["command","env.K"],"from_instances":1,"to_instances":1},
                   {"service":"job","action":"scale","keys":["instances"],"from_instances":1,"to_instances":3}]})";
  daemon.on("POST /api/v1/plan", steps);
  daemon.on("POST /api/v1/reload", R"({"steps":[]})");
  const auto plan = ctl({"plan"});
  BOOST_TEST(plan.code == 0);
  BOOST_TEST(plan.out == "restart  web  command and env.K\nscale    job  1 to 3 instances\n");
  BOOST_TEST(ctl({"reload"}).out == "nothing changes\n");
  fake_server::answer invalid;
  invalid.status = 422;
  invalid.body =
      R"({"type":"invalid-configuration","title":"invalid","errors":["a.json:3:5: services.web: bad"]})";
  daemon.on("POST /api/v1/reload", invalid);
  const auto r = ctl({"reload"});
  BOOST_TEST(r.code == 6);
  BOOST_TEST(contains(r.err, "a.json:3:5: services.web: bad"));
}

// A reload ends as what it changed does: 1 when a service failed to come up, 124 when its time ran
// out; what takes effect later is told.
BOOST_AUTO_TEST_CASE(reload_tells_what_came_of_it) {
  const auto reloaded = [](bool finished, const std::string& result) {
    return R"({"steps":[{"service":"web","action":"restart","keys":["command"],"from_instances":1,"to_instances":1}],)"
           R"("warnings":["http.listen changed: later"],"operation":{"finished":)" +
           std::string(finished ? "true" : "false") + R"(,"targets":[{"name":"web","result":")" +
           result + R"(","state":"failed","detail":"cannot be executed"}]}})";
  };
  daemon.on("POST /api/v1/reload", reloaded(true, "failed"));
  const auto failed = ctl({"reload"});
  BOOST_TEST(failed.code == 1);
  BOOST_TEST(contains(failed.err, "web failed: cannot be executed"));
  BOOST_TEST(contains(failed.err, "warning: http.listen changed: later"));
  daemon.on("POST /api/v1/reload", reloaded(false, "pending"));
  BOOST_TEST(ctl({"reload"}).code == 124);
  BOOST_TEST(ctl({"reload", "--no-wait"}).code == 0);
  daemon.on("POST /api/v1/reload", reloaded(true, "done"));
  BOOST_TEST(ctl({"reload"}).code == 0);
}

// What happens to a few is told line by line; of many only the end, and who failed.
BOOST_AUTO_TEST_CASE(many_changes_are_not_a_flood) {
  std::vector<std::string> services;
  for (int i = 0; i < 30; ++i)
    services.push_back(service_json("s" + std::to_string(i), "starting"));
  daemon.on("GET /api/v1/status", status_json(services));
  daemon.greet({snapshot_json(status_json(services)), status_message(service_json("s3", "running")),
                status_message(service_json("s4", "failed"))});
  fake_server::answer hung;
  hung.how = fake_server::answer::way::never;
  daemon.on("POST /api/v1/start", hung);
  program p(with_state({"start"}));
  BOOST_TEST(p.complained("s4: failed"));
  BOOST_TEST(!contains(p.err, "s3"));
}

// `validate` lists every fault of a file without a daemon.
BOOST_AUTO_TEST_CASE(validate) {
  write_file(dir / "good.json", R"({"version": 1, "services": {"web": {"command": ["true"]}}})");
  write_file(dir / "bad.json", "{\"version\": 1,\n \"servces\": {},\n \"services\": {\"w\": {}}}");
  const auto good = run({"validate", dir / "good.json"});
  BOOST_TEST(good.code == 0);
  BOOST_TEST(contains(good.out, "valid, 1 service"));
  const auto bad = run({"validate", dir / "bad.json"});
  BOOST_TEST(bad.code == 6);
  BOOST_TEST(contains(bad.err, "bad.json:2:2: "));
  BOOST_TEST(contains(bad.err, "did you mean"));
  const auto as_json = run({"validate", "--json", dir / "bad.json"});
  BOOST_TEST(as_json.code == 6);
  BOOST_TEST(contains(as_json.out, R"("valid":false)"));
  BOOST_TEST(run({"validate", dir / "none.json"}).code == 6);
}

// Nothing running is nothing to take down.
BOOST_AUTO_TEST_CASE(down_without_daemon) {
  const temp_dir empty;
  const auto r = run({"--state-dir", empty.path().string(), "down"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.out == "nothing runs\n");
}

BOOST_AUTO_TEST_SUITE_END()

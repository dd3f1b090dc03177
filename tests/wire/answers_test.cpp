#include <chrono>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "wire/answers.hpp"
#include "wire/stream.hpp"

namespace {

using namespace aurora;
using namespace std::chrono_literals;

const wall_time noon(1'795'435'200'000ms);

service_status backend() {
  service_status out;
  out.instance.name = out.instance.service = "backend";
  out.instance.state = state::running;
  out.instance.desired = desired_state::up;
  out.instance.health = health::healthy;
  out.instance.pid = 42;
  out.instance.port = std::uint16_t{5001};
  out.instance.uptime = 4900ms;
  out.instance.last_exit = exit_status::killed(9);
  out.instance.last_exit->why = exit_status::cause::oom;
  out.instance.why = reason::ready;
  out.instance.depends_on = {"db"};
  out.used.cpu_percent = 0.3;
  out.used.memory_bytes = 12345678u;
  out.started_at = noon;
  out.last_exit_at = noon - 1s;
  return out;
}

stack_status demo() {
  stack_status out;
  out.daemon.pid = 7;
  out.daemon.keeper_pid = 6;
  out.daemon.version = "0.1.0";
  out.daemon.name = "demo";
  out.daemon.started_at = noon;
  out.daemon.uptime = 5200ms;
  out.daemon.config = "/abs/aurora.json";
  out.daemon.state_dir = "/abs/.aurora";
  out.daemon.http = "http://127.0.0.1:9090";
  out.services = {backend()};
  return out;
}

BOOST_AUTO_TEST_SUITE(answers_suite)

// The status is the contract's, names, order and spelling (contract §5).
BOOST_AUTO_TEST_CASE(status) {
  BOOST_TEST(
      wire::to_json(demo()) ==
      R"({"daemon":{"pid":7,"keeper_pid":6,"version":"0.1.0","name":"demo","started_at":"2026-11-23T12:00:00.000Z",)"
      R"("uptime_seconds":5.2,"config":"/abs/aurora.json","state_dir":"/abs/.aurora","http":"http://127.0.0.1:9090"},)"
      R"("services":[{"name":"backend","service":"backend","instance":1,"state":"running","desired":"up",)"
      R"("health":"healthy","pid":42,"port":5001,"started_at":"2026-11-23T12:00:00.000Z","uptime_seconds":4.9,)"
      R"("restarts":0,"next_start_in_seconds":null,"last_exit":{"code":null,"signal":"SIGKILL",)"
      R"("at":"2026-11-23T11:59:59.000Z","cause":"oom"},"reason":"ready","depends_on":["db"],"cpu_percent":0.3,)"
      R"("memory_bytes":12345678}]})");
}

// What is not there is null, not left out.
BOOST_AUTO_TEST_CASE(nothing_known) {
  service_status bare;
  bare.instance.name = bare.instance.service = "web";
  const std::vector<service_status> one{bare};
  BOOST_TEST(
      wire::to_json(one) ==
      R"({"services":[{"name":"web","service":"web","instance":1,"state":"stopped","desired":"down",)"
      R"("health":"none","pid":null,"port":null,"started_at":null,"uptime_seconds":null,"restarts":0,)"
      R"("next_start_in_seconds":null,"last_exit":null,"reason":"not-started","depends_on":[],)"
      R"("cpu_percent":null,"memory_bytes":null}]})");
}

// Beyond the contract a service tells what its reason rests on, where it rests on something.
BOOST_AUTO_TEST_CASE(because) {
  service_status waiting = backend();
  waiting.instance.because.dependency = "db";
  waiting.instance.because.delay = 1500ms;
  waiting.instance.status_text = "warming up";
  const std::string json = wire::to_json(std::vector<service_status>{waiting});
  BOOST_TEST(json.ends_with(
      R"("memory_bytes":12345678,"because":{"exit":null,"text":"","dependency":"db",)"
      R"("delay_seconds":1.5,"count":0,"limit":0},"status_text":"warming up"}]})"));
}

// Warnings of the daemon show up where there are any.
BOOST_AUTO_TEST_CASE(warnings) {
  auto stack = demo();
  stack.daemon.http.clear();
  stack.daemon.warnings = {"last reload failed: x"};
  const auto json = boost::json::parse(wire::to_json(stack));
  BOOST_TEST(json.at("daemon").at("http").is_null());
  BOOST_TEST(json.at("daemon").at("warnings").at(0).as_string() == "last reload failed: x");
}

// Labels, and the restarts of today, where there are any; no label tells a secret.
BOOST_AUTO_TEST_CASE(labels) {
  auto stack = demo();
  stack.services.front().labels = {{"api_token", "c4n4ry"}, {"te\"am", "core"}};
  stack.daemon.restarts_today = 3;
  const auto json = boost::json::parse(wire::to_json(stack));
  BOOST_TEST(json.at("daemon").at("restarts_today").as_int64() == 3);
  BOOST_TEST(boost::json::serialize(json.at("services").at(0).at("labels")) ==
             R"({"api_token":"***","te\"am":"core"})");
}

// Exit code and signal are never both told.
BOOST_AUTO_TEST_CASE(exits) {
  auto service = backend();
  service.instance.last_exit = exit_status::exited(3);
  auto json = wire::to_json(std::vector<service_status>{service});
  BOOST_TEST(json.find(R"("last_exit":{"code":3,"signal":null,)") != json.npos);
  service.instance.last_exit = exit_status{};
  json = wire::to_json(std::vector<service_status>{service});
  BOOST_TEST(json.find(R"("last_exit":{"code":null,"signal":null,)") != json.npos);
}

// An event carries the evidence of its transition.
BOOST_AUTO_TEST_CASE(events) {
  journal_entry entry;
  entry.sequence = 12;
  entry.at = noon;
  entry.instance = "web";
  entry.from = state::running;
  entry.to = state::backoff;
  entry.why = reason::exited;
  entry.run = 3;
  entry.pid = 77;
  entry.because.exit = exit_status::killed(11, true);
  entry.because.delay = 500ms;
  entry.because.count = 2;
  entry.because.limit = 10;
  const std::string members =
      R"("sequence":12,"at":"2026-11-23T12:00:00.000Z","instance":"web","from":"running","to":"backoff",)"
      R"("reason":"exited","health":"none","run":3,"pid":77,"because":{"exit":{"code":null,"signal":"SIGSEGV",)"
      R"("core_dumped":true,"cause":null},"text":"","dependency":"","delay_seconds":0.5,"count":2,"limit":10}})";
  BOOST_TEST(wire::to_json(std::vector<journal_entry>{entry}) == "{\"events\":[{" + members + "]}");
  BOOST_TEST(wire::event_message(entry) == "{\"type\":\"event\"," + members);
  BOOST_TEST(wire::event_line(entry) == "{" + members + "\n");
}

// The other answers, each in its shape.
BOOST_AUTO_TEST_CASE(others) {
  operation_report report{true, {{"web", target_report::result::already, state::running, ""}}};
  BOOST_TEST(
      wire::to_json(report) ==
      R"({"operation":{"finished":true,"targets":[{"name":"web","result":"already","state":"running","detail":""}]}})");
  const plan_steps steps{{"web", plan_step::action::scale, {"instances"}, 1, 3}};
  BOOST_TEST(
      wire::to_json(steps) ==
      R"({"steps":[{"service":"web","action":"scale","keys":["instances"],"from_instances":1,"to_instances":3}]})");
  const std::vector<probe_report> probes{
      {"web", std::nullopt, state::running, "it has no probe", 1500us}};
  BOOST_TEST(
      wire::to_json(probes) ==
      R"({"probes":[{"name":"web","healthy":null,"state":"running","text":"it has no probe","took_ms":1.5}]})");
  service_graph graph;
  graph.nodes = {{"web", state::running, health::healthy}};
  graph.edges = {{"web", "db", "ready", true, false, true}};
  BOOST_TEST(
      wire::to_json(graph) ==
      R"({"nodes":[{"service":"web","state":"running","health":"healthy"}],)"
      R"("edges":[{"from":"web","to":"db","condition":"ready","required":true,"restart":false,"holds":true}]})");
  explanation why;
  why.instance = "web";
  why.summary = "it crashed";
  why.chain = {{noon, "killed by SIGSEGV", {"core dumped"}}};
  why.last_lines = {"oops"};
  BOOST_TEST(
      wire::to_json(std::vector<explanation>{why}) ==
      R"({"explanations":[{"instance":"web","state":"stopped","summary":"it crashed",)"
      R"("chain":[{"at":"2026-11-23T12:00:00.000Z","text":"killed by SIGSEGV","detail":["core dumped"]}],)"
      R"("rule":"","next":"","last_lines":["oops"],"waits_for":[]}]})");
}

// A problem is RFC 9457's, with hint and errors where there are any.
BOOST_AUTO_TEST_CASE(problems) {
  problem fault;
  fault.status = 404;
  fault.type = "no-such-service";
  fault.title = "there is no service \"databse\"";
  BOOST_TEST(
      wire::to_json(fault) ==
      R"({"type":"no-such-service","title":"there is no service \"databse\"","status":404,"detail":""})");
  fault.type.clear();
  fault.hint = "did you mean \"database\"?";
  fault.errors = {"a:1:2: x"};
  BOOST_TEST(wire::to_json(fault).ends_with(
      R"("hint":"did you mean \"database\"?","errors":["a:1:2: x"]})"));
  BOOST_TEST(wire::to_json(fault).starts_with(R"({"type":"about:blank",)"));
}

// Messages of the stream, with hostile text in them (S12).
BOOST_AUTO_TEST_CASE(stream_messages) {
  wire::log_line line{"web", noon, 17, "</script>\x1b]0;x\x07\xFF", true};
  BOOST_TEST(wire::log_message(line) ==
             "{\"type\":\"log\",\"name\":\"web\",\"at\":\"2026-11-23T12:00:00.000Z\",\"offset\":17,"
             "\"next\":33,\"text\":\"</script>\\u001b]0;x\\u0007\xEF\xBF\xBD\",\"partial\":true}");
  line.at.reset();
  line.text = "x";
  BOOST_TEST(
      wire::log_ndjson(line) ==
      "{\"name\":\"web\",\"at\":null,\"offset\":17,\"next\":18,\"text\":\"x\",\"partial\":true}\n");
  BOOST_TEST(wire::dropped_message(3) == R"({"type":"dropped","lines":3})");
  BOOST_TEST(wire::removed_message("web@2") == R"({"type":"removed","name":"web@2"})");
  wire::subscription got;
  got.logs = {"a", "b"};
  BOOST_TEST(wire::subscribed_message(got) == R"({"type":"subscribed","logs":["a","b"]})");
  got.unknown = {"x"};
  got.usage = true;
  got.probes.emplace();
  BOOST_TEST(wire::subscribed_message(got) ==
             R"({"type":"subscribed","logs":["a","b"],"probes":[],"usage":true,"unknown":["x"]})");
  BOOST_TEST(wire::missing_message("web", 7) == R"({"type":"dropped","name":"web","bytes":7})");
  BOOST_TEST(wire::status_message(backend()).starts_with(
      R"({"type":"status","service":{"name":"backend",)"));
  const auto snapshot = wire::snapshot_message(5, demo());
  BOOST_TEST(
      snapshot.starts_with(R"({"type":"snapshot","sequence":5,"status":{"daemon":{"pid":7,)"));
  boost::json::parse(snapshot);
}

// The status of 500 services is written in well under the loop's patience.
BOOST_AUTO_TEST_CASE(large) {
  auto stack = demo();
  for (int i = 1; i < 500; ++i) stack.services.push_back(backend());
  const auto json = wire::to_json(stack);
  BOOST_TEST(boost::json::parse(json).at("services").as_array().size() == 500u);
  auto best = std::chrono::steady_clock::duration::max();
  for (int round = 0; round < 50; ++round) {
    const auto from = std::chrono::steady_clock::now();
    BOOST_REQUIRE(wire::to_json(stack).size() == json.size());
    best = std::min(best, std::chrono::steady_clock::now() - from);
  }
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(best).count();
  BOOST_TEST_MESSAGE("500 services: " << us << " us, " << json.size() << " bytes");
  BOOST_TEST(us < 20'000);  // 300 in a release build; sanitizers and a loaded machine are slower
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <algorithm>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "config/cycles.hpp"
#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

/// A stack in which each service depends on those behind it: {{"a", {"b"}}, …}.
std::string stack_of(const std::vector<std::pair<std::string, std::vector<std::string>>>& all) {
  std::string text = "{\"services\": {\n";
  for (const auto& [name, on] : all) {
    text += "\"" + name + "\": {\"command\": [\"x\"], \"depends_on\": [";
    for (const auto& each : on) text += (&each == &on.front() ? "\"" : ", \"") + each + "\"";
    text += "]},\n";
  }
  return text + "}}";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_suite)

BOOST_AUTO_TEST_CASE(d01_a_cycle_of_two) {
  // The way around is printed once, with the place of the dependency that begins it.
  BOOST_TEST(told(load(stack_of({{"b", {"a"}}, {"a", {"b"}}})).faults) ==
             "aurora.json:3:40: services.a.depends_on: services wait for each other: a → b → a "
             "(take one of these dependencies out)\n");
}

BOOST_AUTO_TEST_CASE(d01_a_cycle_of_fifty) {
  // All fifty are named, in order.
  std::vector<std::pair<std::string, std::vector<std::string>>> ring;
  const auto name = [](int i) { return "s" + std::string(i < 10 ? "0" : "") + std::to_string(i); };
  for (int i = 0; i < 50; ++i) ring.push_back({name(i), {name((i + 1) % 50)}});
  const auto said = told(load(stack_of(ring)).faults);
  BOOST_TEST(count(said, "\n") == 1u);
  BOOST_TEST(count(said, " → ") == 50u);
  BOOST_TEST(said.find("s00 → s01 → s02") != std::string::npos);
  BOOST_TEST(said.find("s49 → s00") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(d01_every_cycle_is_printed_once) {
  // Disjoint cycles, cycles that share a service and cycles inside larger ones are all told.
  const auto disjoint =
      told(load(stack_of({{"a", {"b"}}, {"b", {"a"}}, {"c", {"d"}}, {"d", {"c"}}, {"e", {"a"}}}))
               .faults);
  BOOST_TEST(count(disjoint, "\n") == 2u);
  BOOST_TEST(count(disjoint, "a → b → a") == 1u);
  BOOST_TEST(count(disjoint, "c → d → c") == 1u);
  const auto complete =
      told(load(stack_of({{"a", {"b", "c"}}, {"b", {"a", "c"}}, {"c", {"a", "b"}}})).faults);
  BOOST_TEST(count(complete, "\n") == 5u);
  for (const auto* way :
       {"a → b → a ", "a → c → a ", "b → c → b ", "a → b → c → a ", "a → c → b → a "}) {
    BOOST_TEST(count(complete, way) == 1u, way);
  }
}

BOOST_AUTO_TEST_CASE(cycles_agree_with_a_plain_search) {
  // Random graphs: what is found are all elementary cycles, and none twice.
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const auto size = 2 + random() % 5;
    config::adjacency edges(size);
    for (std::size_t v = 0; v < size; ++v) {
      for (std::size_t w = 0; w < size; ++w) {
        if (v != w && random() % 3 == 0) edges[v].push_back(w);
      }
    }
    std::set<std::vector<std::size_t>> expected;
    std::vector<std::size_t> way;
    const auto walk = [&](auto&& self, std::size_t v) -> void {
      way.push_back(v);
      for (const auto w : edges[v]) {
        if (w == way[0]) expected.insert(way);
        if (w > way[0] && std::find(way.begin(), way.end(), w) == way.end()) self(self, w);
      }
      way.pop_back();
    };
    for (std::size_t v = 0; v < size; ++v) walk(walk, v);
    const auto found = config::find_cycles(edges, 10'000);
    BOOST_TEST_REQUIRE(found.size() == expected.size());
    for (const auto& each : found) BOOST_TEST_REQUIRE(expected.count(each) == 1u);
  }
}

BOOST_AUTO_TEST_CASE(large_graphs_are_searched_in_no_time) {
  // A chain and a ring of 100,000 need no recursion; a complete graph is cut at the bound.
  config::adjacency chain(100'000), complete(60);
  for (std::size_t v = 0; v + 1 < chain.size(); ++v) chain[v] = {v + 1};
  BOOST_TEST(config::find_cycles(chain, 100).empty());
  chain.back() = {0};
  BOOST_TEST(config::find_cycles(chain, 100).size() == 1u);
  for (std::size_t v = 0; v < complete.size(); ++v) {
    for (std::size_t w = 0; w < complete.size(); ++w) {
      if (v != w) complete[v].push_back(w);
    }
  }
  BOOST_TEST(config::find_cycles(complete, 100).size() == 100u);
}

BOOST_AUTO_TEST_CASE(d02_self_dependency) {
  // A service that waits for itself is told by name, and is no cycle besides.
  BOOST_TEST(told(load(stack_of({{"a", {"a"}}})).faults) ==
             "aurora.json:2:40: services.a.depends_on: \"a\" depends on itself (leave it out)\n");
}

BOOST_AUTO_TEST_CASE(d03_unknown_names) {
  // A near miss is named; what is optional need not be there.
  BOOST_TEST(
      told(load(stack_of({{"web", {"databse"}}, {"database", {}}})).faults) ==
      "aurora.json:2:42: services.web.depends_on: there is no service \"databse\" (did you mean "
      "\"database\"?)\n");
  BOOST_TEST(refusal(R"("depends_on": {"ghost": {"required": false}})") == "");
  BOOST_TEST(refusal(R"("depends_on": ["zzz"])").find("there is no service \"zzz\"\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(dependencies_are_read_in_both_forms) {
  // Lists and maps, and compose's names of conditions.
  const auto stack = loaded(R"({"services": {
    "db": {"command": ["x"]}, "job": {"type": "oneshot", "command": ["x"]},
    "a": {"command": ["x"], "depends_on": ["db"]},
    "b": {"command": ["x"], "depends_on": {
      "db": {"condition": "service_started", "restart": true, "required": false},
      "job": {"condition": "service_completed_successfully"}}},
    "c": {"command": ["x"], "depends_on": {"db": {"condition": "service_healthy"}, "job": {}}}}})");
  const auto& named = [&](std::size_t i) -> const service_spec& { return stack.services[i]; };
  BOOST_TEST(named(0).name == "a");
  BOOST_TEST((named(0).depends_on == std::vector<dependency>{{"db"}}));
  BOOST_TEST((named(1).depends_on ==
              std::vector<dependency>{{"db", dependency_condition::started, true, false},
                                      {"job", dependency_condition::completed, false, true}}));
  BOOST_TEST((named(2).depends_on == std::vector<dependency>{{"db"}, {"job"}}));
  BOOST_TEST(refusal(R"("depends_on": "db")").find("(try [\"db\"])") != std::string::npos);
  BOOST_TEST(refusal(R"("depends_on": ["db", "db"])").find("\"db\" is listed twice") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_dependency_that_never_completes) {
  // Waiting for the end of what is always started again is worth a warning, and no more.
  const auto result = load(R"({"services": {"db": {"command": ["x"]}, "web": {"command": ["x"],
      "depends_on": {"db": {"condition": "completed"}}}}})");
  BOOST_TEST(result.stack.has_value());
  BOOST_TEST(told(result.faults).find("warning: services.web.depends_on: \"db\" never completes") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_port_for_two_services) {
  // Fixed ports and the ranges of instances must not meet; 0 and external pairs may.
  const auto with_ports = [](const std::string& a, const std::string& b) {
    return told(load(R"({"services": {"a": {"command": ["x"], )" + a +
                     R"(}, "b": {"command": ["x"], )" + b + "}}}")
                    .faults);
  };
  BOOST_TEST(with_ports(R"("port": 80)", R"("port": 80)")
                 .find("services.b.port: port 80 is given to \"a\" and to \"b\"") !=
             std::string::npos);
  BOOST_TEST(with_ports(R"("port": 80, "instances": 3)", R"("port": 82)")
                 .find("port 82 is given to \"a\" and to \"b\"") != std::string::npos);
  BOOST_TEST(with_ports(R"("port": 80, "instances": 2)", R"("port": 82)") == "");
  BOOST_TEST(with_ports(R"("port": 0)", R"("port": 0)") == "");
  BOOST_TEST(told(load(R"({"services": {"a": {"type": "external", "port": 80},
      "b": {"type": "external", "port": 80}}})")
                      .faults) == "");
  BOOST_TEST(refusal(R"("port": 65000, "instances": 1000)").find("would end at 65999") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_limit_that_cannot_be_reached) {
  // A give-up limit whose own backoff takes longer than the window is told with its arithmetic.
  BOOST_TEST(
      refusal("\n\"restart\": {\"delay\": \"30s\", \"factor\": 1, \"jitter\": 0, \"limit\": 11}") ==
      "aurora.json:2:64: services.web.restart.limit: 11 restarts take up to 5m30s by their own "
      "backoff (30s, times 1 each, at most 30s, jitter 0), more than the window of 5m: it "
      "would never give up (try \"window\": \"5m30s\", \"limit\": 10, or \"limit\": 0 to never "
      "give up)\n");
  BOOST_TEST(refusal(R"("restart": {"delay": "30s", "factor": 1, "jitter": 0, "limit": 10})") ==
             "");
  BOOST_TEST(refusal(R"("restart": {"delay": "30s", "factor": 1, "limit": 10})") != "");
  BOOST_TEST(refusal(R"("restart": {"delay": "1d", "max_delay": "1d", "limit": 0})") == "");
  BOOST_TEST(refusal(R"("restart": {"delay": "1d", "max_delay": "1d", "policy": "never"})") == "");
  BOOST_TEST(refusal(R"("restart": {"delay": 0, "limit": 1000000, "window": "1ms"})") == "");
  BOOST_TEST(refusal(R"("restart": {"delay": "10m", "max_delay": "1h", "limit": 1})")
                 .find("try \"window\": \"11m\", or \"limit\": 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unreachable_default_is_told_once) {
  // What `defaults` says wrongly for all is one fault, at its own place.
  const auto said =
      told(load(R"({"defaults": {"restart": {"delay": "30s", "factor": 1}}, "services": {
      "a": {"command": ["x"]}, "b": {"command": ["x"]}, "c": {"command": ["x"]}}})")
               .faults);
  BOOST_TEST(count(said, "\n") == 1u);
  BOOST_TEST(said.find("aurora.json:1:26: defaults.restart.limit: ") == 0u);
}

BOOST_AUTO_TEST_CASE(no_two_services_write_one_log) {
  // Where "web" keeps stderr apart, web.err.log is taken; and aurorad.log is the daemon's.
  const auto with = [](const std::string& web, const std::string& other) {
    return told(
        load("{\"services\": {\n\"web\": {\"command\": [\"x\"]" + web + "},\n" + other + "}}")
            .faults);
  };
  const std::string apart = R"(, "logs": {"stderr": "separate"})";
  const std::string taken =
      "aurora.json:3:1: services.web.err: \"web.err\" would write to logs/web.err.log, where "
      "\"web\" keeps its stderr apart (give it another name)\n";
  BOOST_TEST(with(apart, R"("web.err": {"command": ["x"]})") == taken);
  BOOST_TEST(with(apart, R"("web.err": {"command": ["x"], "instances": 2})") == taken);
  BOOST_TEST(with(apart + R"(, "instances": 3)", R"("web.err": {"command": ["x"]})") == taken);
  BOOST_TEST(with("", R"("web.err": {"command": ["x"]})") == "");
  BOOST_TEST(with(apart, R"("web.err": {"type": "external", "health": {"tcp": "localhost:1"}})") ==
             "");
  BOOST_TEST(with("", R"("aurorad": {"command": ["x"]})") ==
             "aurora.json:3:1: services.aurorad: \"aurorad\" is the name of the daemon's own log, "
             "logs/aurorad.log (give it another name)\n");
  BOOST_TEST(with("", R"("aurorad": {"command": ["x"], "instances": 2})") != "");
}

BOOST_AUTO_TEST_CASE(a_misspelt_command_is_told_once) {
  // The unknown key says it all, in the service and in defaults; a missing command is still told.
  const auto once = [](const std::string& text) {
    return count(told(load(text).faults), "\n") == 1u;
  };
  BOOST_TEST(once(R"({"services": {"web": {"comand": ["x"]}}})"));
  BOOST_TEST(once(R"({"defaults": {"commnad": ["x"]}, "services": {"web": {}}})"));
  const auto both = told(load(R"({"services": {"web": {"prot": 1}}})").faults);
  BOOST_TEST(both.find("the command is missing") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

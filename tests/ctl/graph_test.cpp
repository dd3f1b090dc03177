#include "graph_text.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>

using namespace aurora::ctl;

namespace {

graph_view diamond() {
  return read_graph(parse_answer(R"({
    "nodes": [{"service": "api", "state": "running", "health": "healthy"},
              {"service": "db", "state": "running", "health": "none"},
              {"service": "job", "state": "waiting", "health": "none"},
              {"service": "web", "state": "running", "health": "unhealthy"}],
    "edges": [{"from": "web", "to": "api", "condition": "ready", "required": true, "holds": true},
              {"from": "api", "to": "db", "condition": "ready", "required": true, "holds": true},
              {"from": "web", "to": "job", "condition": "completed", "required": false, "holds": false},
              {"from": "job", "to": "api", "condition": "started", "required": true, "holds": true}]})"));
}

struct fixture {
  fixture() { ::setenv("LC_ALL", "C.UTF-8", 1); }
  ~fixture() { ::unsetenv("LC_ALL"); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(graphs, fixture)

// Each root has its tree, and what was drawn is only named again.
BOOST_AUTO_TEST_CASE(tree) {
  const terminal out(1, when::never);
  BOOST_TEST(graph_as_tree(diamond(), out) ==
             "web  ● running unhealthy\n"
             "├─ api  ● running  (ready)\n"
             "│  └─ db  ● running  (ready)\n"
             "└─ job  ◌ waiting  (completed, optional: not yet)\n"
             "   └─ api  ● running  (started)  (see above)\n");
}

// A cycle, should one ever come, ends.
BOOST_AUTO_TEST_CASE(cycle_ends) {
  graph_view g;
  g.nodes = {{"a", "running", "none"}, {"b", "running", "none"}};
  g.edges = {{"a", "b", "ready", true, true}, {"b", "a", "ready", true, true}};
  const terminal out(1, when::never);
  BOOST_TEST(graph_as_tree(g, out).find("(see above)") != std::string::npos);
}

// A chain of ten thousand is drawn without recursion.
BOOST_AUTO_TEST_CASE(long_chain) {
  graph_view g;
  for (int i = 0; i < 2000; ++i) {
    g.nodes.push_back({"s" + std::to_string(i), "running", "none"});
    if (i > 0)
      g.edges.push_back(
          {"s" + std::to_string(i - 1), "s" + std::to_string(i), "ready", true, true});
  }
  const terminal out(1, when::never);
  BOOST_TEST(graph_as_tree(g, out).find("s1999") != std::string::npos);
}

// The other formats quote what could break them.
BOOST_AUTO_TEST_CASE(dot_and_mermaid) {
  const auto dot = graph_as_dot(diamond());
  BOOST_TEST(dot.find("\"web\" -> \"job\" [label=\"completed\", style=dashed];") !=
             std::string::npos);
  BOOST_TEST(dot.find("[label=\"web\\nrunning\"") != std::string::npos);
  const auto mermaid = graph_as_mermaid(diamond());
  BOOST_TEST(mermaid.find("graph LR\n") == 0);
  BOOST_TEST(mermaid.find("s3 -.->|completed| s2") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

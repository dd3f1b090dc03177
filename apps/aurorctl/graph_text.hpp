#pragma once

#include <string>
#include <vector>

#include "answers.hpp"
#include "terminal.hpp"

/// The dependency graph as text. Pure but for the colours of the terminal.
namespace aurora::ctl {

struct graph_view {
  struct node {
    std::string service, state, health;
  };
  struct edge {  ///< `from` depends on `to`
    std::string from, to, condition;
    bool required = true, holds = false;
  };
  std::vector<node> nodes;
  std::vector<edge> edges;
};

graph_view read_graph(const json::value& from);

/// A tree for each service that nothing depends on, its dependencies beneath it. What was drawn
/// before is only named again. A cycle, which no valid stack has, ends the branch too.
std::string graph_as_tree(const graph_view& graph, const terminal& out);
/// For Graphviz: an arrow from a service to what it depends on, dashed where it does not hold.
std::string graph_as_dot(const graph_view& graph);
/// For Mermaid, in Markdown files.
std::string graph_as_mermaid(const graph_view& graph);

}  // namespace aurora::ctl

#include "graph_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "text.hpp"

namespace aurora::ctl {
namespace {

/// Draws without recursion: a chain of ten thousand services is legal.
class tree {
 public:
  tree(const graph_view& graph, const terminal& out) : graph_(graph), out_(out) {}

  std::string draw() {
    for (const auto& node : graph_.nodes) {
      const bool root = std::none_of(graph_.edges.begin(), graph_.edges.end(),
                                     [&](const auto& e) { return e.to == node.service; });
      if (root) branch(node.service);
    }
    for (const auto& node : graph_.nodes) {  // only reached by a cycle
      if (drawn_.count(node.service) == 0) branch(node.service);
    }
    return std::move(text_);
  }

 private:
  struct item {
    std::string service, prefix;
    const graph_view::edge* by;
    bool last;
  };

  void branch(const std::string& root) {
    std::vector<item> stack{{root, "", nullptr, true}};
    while (!stack.empty()) {
      const item now = std::move(stack.back());
      stack.pop_back();
      const bool again = !drawn_.insert(now.service).second;
      std::vector<const graph_view::edge*> children;
      for (const auto& e : graph_.edges) {
        if (e.from == now.service) children.push_back(&e);
      }
      write(now, again && !children.empty());
      if (again) continue;
      const std::string below = now.by ? now.prefix + (now.last ? "   " : bar()) : "";
      for (std::size_t i = children.size(); i-- > 0;) {
        stack.push_back({children[i]->to, below, children[i], i + 1 == children.size()});
      }
    }
  }

  std::string bar() const { return out_.unicode() ? "│  " : "|  "; }
  std::string joint(bool last) const {
    if (out_.unicode()) return last ? "└─ " : "├─ ";
    return last ? "`- " : "|- ";
  }

  void write(const item& now, bool again) {
    const auto it = std::find_if(graph_.nodes.begin(), graph_.nodes.end(),
                                 [&](const auto& n) { return n.service == now.service; });
    text_ += now.prefix;
    if (now.by) text_ += joint(now.last);
    text_ += neutralise(now.service, sgr::strip) + "  ";
    text_ += it == graph_.nodes.end() ? std::string("not defined") : shown_state(out_, it->state);
    if (it != graph_.nodes.end() && it->health == "unhealthy") {
      text_ += out_.paint(colour::red, " unhealthy");
    }
    if (now.by)
      text_ += out_.paint(now.by->holds ? colour::dim : colour::yellow, condition(*now.by));
    if (again) text_ += out_.paint(colour::dim, "  (see above)");
    text_ += '\n';
  }

  static std::string condition(const graph_view::edge& e) {
    return fmt::format("  ({}{}{})", e.condition, e.required ? "" : ", optional",
                       e.holds ? "" : ": not yet");
  }

  const graph_view& graph_;
  const terminal& out_;
  std::set<std::string> drawn_;
  std::string text_;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string fill_of(std::string_view state) {
  if (state == "running" || state == "completed") return "#c8e6c9";
  if (state == "failed") return "#ffcdd2";
  return state == "stopped" ? "#eeeeee" : "#fff9c4";
}

}  // namespace

graph_view read_graph(const json::value& from) {
  graph_view graph;
  for (const auto& n : list_of(from, "nodes")) {
    graph.nodes.push_back({text_of(n, "service"), text_of(n, "state"), text_of(n, "health")});
  }
  for (const auto& e : list_of(from, "edges")) {
    graph.edges.push_back({text_of(e, "from"), text_of(e, "to"), text_of(e, "condition"),
                           flag_of(e, "required"), flag_of(e, "holds")});
  }
  return graph;
}

std::string graph_as_tree(const graph_view& graph, const terminal& out) {
  if (graph.nodes.empty()) return "no services\n";
  return tree(graph, out).draw();
}

std::string graph_as_dot(const graph_view& graph) {
  std::string out = "digraph aurora {\n  rankdir=LR;\n  node [shape=box, style=filled];\n";
  for (const auto& n : graph.nodes) {
    out += fmt::format("  {} [label={}, fillcolor={}];\n", quoted(n.service),
                       quoted(n.service + "\n" + n.state), quoted(fill_of(n.state)));
  }
  for (const auto& e : graph.edges) {
    out += fmt::format("  {} -> {} [label={}{}];\n", quoted(e.from), quoted(e.to),
                       quoted(e.condition), e.holds ? "" : ", style=dashed");
  }
  return out + "}\n";
}

std::string graph_as_mermaid(const graph_view& graph) {
  std::string out = "graph LR\n";
  const auto id = [&](const std::string& service) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (graph.nodes[i].service == service) return fmt::format("s{}", i);
    }
    return "missing_" + std::to_string(service.size());
  };
  for (const auto& n : graph.nodes) {
    out += fmt::format("  {}[\"{}<br/>{}\"]\n", id(n.service), n.service, n.state);
    out += fmt::format("  style {} fill:{}\n", id(n.service), fill_of(n.state));
  }
  for (const auto& e : graph.edges) {
    out += fmt::format("  {} {}|{}| {}\n", id(e.from), e.holds ? "-->" : "-.->", e.condition,
                       id(e.to));
  }
  return out;
}

}  // namespace aurora::ctl

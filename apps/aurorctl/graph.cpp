#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "client.hpp"
#include "context.hpp"
#include "graph_text.hpp"
#include "handlers.hpp"

namespace aurora::ctl {
namespace {

asio::awaitable<int> graph(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  const auto answer = co_await api.get_json("/api/v1/graph");
  const std::string format = c.given.value("format").value_or("text");
  if (c.given.json) {
    c.out.line(to_text(answer));
  } else if (format == "dot") {
    c.out.write(graph_as_dot(read_graph(answer)));
  } else if (format == "mermaid") {
    c.out.write(graph_as_mermaid(read_graph(answer)));
  } else {
    c.out.write(graph_as_tree(read_graph(answer), c.out));
  }
  co_return 0;
}

}  // namespace

int verb_graph(context& c) { return run_on(c.io, graph(c, find_endpoint(c.given))); }

}  // namespace aurora::ctl

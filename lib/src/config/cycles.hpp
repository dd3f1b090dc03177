#pragma once

#include <cstddef>
#include <vector>

namespace aurora::config {

/// `edges[i]`: what i points at. No edge leads to its own beginning.
using adjacency = std::vector<std::vector<std::size_t>>;

/// The cycles of a directed graph, each once, beginning with its smallest vertex, in order.
/// Every edge that lies on a cycle is in one of them; of graphs so dense that the elementary cycles
/// would be too many to read, at most `most`. Linear for acyclic graphs; never recursive.
std::vector<std::vector<std::size_t>> find_cycles(const adjacency& edges, std::size_t most);

}  // namespace aurora::config

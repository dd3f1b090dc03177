#include "config/cycles.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <set>

namespace aurora::config {
namespace {

using cycle = std::vector<std::size_t>;
constexpr auto none = std::numeric_limits<std::size_t>::max();

/// Strongly connected components after Tarjan, with a stack of our own.
class components {
 public:
  explicit components(const adjacency& edges)
      : of(edges.size(), none), edges_(edges), index_(edges.size(), none), low_(edges.size(), 0) {
    for (std::size_t v = 0; v < edges.size(); ++v) {
      if (index_[v] == none) visit(v);
    }
  }

  std::vector<std::size_t> of;  ///< the component of each vertex

 private:
  struct frame {
    std::size_t vertex;
    std::size_t next = 0;
  };

  void enter(std::size_t v, std::vector<frame>& path) {
    index_[v] = low_[v] = count_++;
    open_.push_back(v);
    path.push_back({v});
  }

  void visit(std::size_t root) {
    std::vector<frame> path;
    enter(root, path);
    while (!path.empty()) {
      auto& [v, next] = path.back();
      if (next < edges_[v].size()) {
        const auto w = edges_[v][next++];
        if (index_[w] == none) {
          enter(w, path);
        } else if (of[w] == none) {
          low_[v] = std::min(low_[v], index_[w]);
        }
        continue;
      }
      const auto done = v;
      path.pop_back();
      if (!path.empty()) {
        auto& below = low_[path.back().vertex];
        below = std::min(below, low_[done]);
      }
      if (low_[done] == index_[done]) close(done);
    }
  }

  void close(std::size_t root) {
    for (std::size_t v = none; v != root;) {
      v = open_.back();
      open_.pop_back();
      of[v] = root;
    }
  }

  const adjacency& edges_;
  std::vector<std::size_t> index_, low_;
  std::vector<std::size_t> open_;
  std::size_t count_ = 0;
};

class finder {
 public:
  finder(const adjacency& edges, std::size_t most)
      : edges_(edges), most_(most), component_(components(edges).of), steps_left_(200'000) {}

  std::vector<cycle> run() {
    cover_edges();
    for (std::size_t v = 0; v < edges_.size() && found_.size() < most_; ++v) {
      if (on_cycle_.count(v) != 0) enumerate(v);
    }
    return {found_.begin(), found_.end()};
  }

 private:
  bool inside(std::size_t from, std::size_t to) const { return component_[from] == component_[to]; }

  void keep(cycle found) {
    std::rotate(found.begin(), std::min_element(found.begin(), found.end()), found.end());
    for (std::size_t i = 0; i < found.size(); ++i) {
      covered_.insert({found[i], found[(i + 1) % found.size()]});
      on_cycle_.insert(found[i]);
    }
    found_.insert(std::move(found));
  }

  /// A shortest cycle through each edge that no cycle found so far goes through.
  void cover_edges() {
    for (std::size_t v = 0; v < edges_.size(); ++v) {
      for (const auto w : edges_[v]) {
        if (found_.size() >= most_) return;
        if (inside(v, w) && covered_.count({v, w}) == 0) keep(path(w, v));
      }
    }
  }

  /// The vertices of a shortest way within a component, both ends included.
  cycle path(std::size_t from, std::size_t to) const {
    std::vector<std::size_t> before(edges_.size(), none);
    std::deque<std::size_t> next{from};
    before[from] = from;
    while (before[to] == none) {
      const auto v = next.front();
      next.pop_front();
      for (const auto w : edges_[v]) {
        if (!inside(v, w) || before[w] != none) continue;
        before[w] = v;
        next.push_back(w);
      }
    }
    cycle way{to};
    while (way.back() != from) way.push_back(before[way.back()]);
    std::reverse(way.begin(), way.end());
    return way;
  }

  /// Elementary cycles whose smallest vertex is `root`, as far as the steps last.
  void enumerate(std::size_t root) {
    struct frame {
      std::size_t vertex;
      std::size_t next = 0;
    };
    std::vector<frame> way{{root}};
    std::set<std::size_t> used{root};
    while (!way.empty() && steps_left_ > 0 && found_.size() < most_) {
      auto& [v, next] = way.back();
      if (next == edges_[v].size()) {
        used.erase(v);
        way.pop_back();
        continue;
      }
      --steps_left_;
      const auto w = edges_[v][next++];
      if (w == root) {
        cycle found;
        for (const auto& each : way) found.push_back(each.vertex);
        keep(std::move(found));
      } else if (w > root && inside(root, w) && used.insert(w).second) {
        way.push_back({w});
      }
    }
  }

  const adjacency& edges_;
  const std::size_t most_;
  const std::vector<std::size_t> component_;
  std::size_t steps_left_;
  std::set<std::pair<std::size_t, std::size_t>> covered_;
  std::set<std::size_t> on_cycle_;
  std::set<cycle> found_;
};

}  // namespace

std::vector<cycle> find_cycles(const adjacency& edges, std::size_t most) {
  return finder(edges, most).run();
}

}  // namespace aurora::config

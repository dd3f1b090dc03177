#include "core/graph.hpp"

#include <algorithm>

namespace aurora::core {
namespace {

void count(graph::node& n, const standing& s, unsigned by) {
  n.counted += s.counted ? by : 0;
  n.ready += s.ready ? by : 0;
  n.started += s.started ? by : 0;
  n.completed += s.completed ? by : 0;
  n.failed += s.failed ? by : 0;
  n.down += s.down ? by : 0;
  n.leaving += s.leaving ? by : 0;
}

// Unsigned arithmetic wraps, so taking away is adding this.
constexpr unsigned minus_one = static_cast<unsigned>(-1);

bool same_for_dependants(const standing& a, const standing& b) {
  return a.counted == b.counted && a.ready == b.ready && a.started == b.started &&
         a.completed == b.completed && a.failed == b.failed && a.down == b.down;
}

}  // namespace

graph::index graph::add(std::shared_ptr<const service_spec> spec, bool removed) {
  const auto at = size();
  names_.emplace(spec->name, at);
  nodes_.emplace_back();
  nodes_.back().spec = std::move(spec);
  nodes_.back().removed = removed;
  return at;
}

graph::index graph::find(const std::string& service) const {
  const auto found = names_.find(service);
  return found == names_.end() ? none : found->second;
}

void graph::connect() {
  for (index from = 0; from < size(); ++from) {
    node& n = nodes_[from];
    for (const dependency& rule : n.spec->depends_on) {
      edge e;
      e.name = rule.service;
      e.rule = rule;
      e.target = find(rule.service);
      // A service that stays depends on nothing that goes; one that goes keeps its stop order.
      if (e.target == from || (e.target != none && nodes_[e.target].removed && !n.removed))
        e.target = none;
      if (e.target != none) {
        node& target = nodes_[e.target];
        target.needed_by.push_back({from, static_cast<std::uint32_t>(n.needs.size())});
        if (n.leaving > 0) ++target.blockers;
      }
      n.needs.push_back(std::move(e));
    }
  }
  for (node& n : nodes_)
    for (edge& e : n.needs) {
      judge(e);
      n.unmet += e.holds ? 0 : 1;
      n.broken += e.broken ? 1 : 0;
    }
}

bool graph::condition_met(const edge& e) const {
  if (e.target == none) return false;
  const node& n = nodes_[e.target];
  if (n.counted == 0) return false;
  switch (e.rule.condition) {
    case dependency_condition::ready:
      return n.spec->type == service_type::oneshot ? n.completed == n.counted
                                                   : n.ready == n.counted;
    case dependency_condition::started:
      return n.started == n.counted;
    case dependency_condition::completed:
      return n.completed == n.counted;
  }
  return false;
}

void graph::judge(edge& e) const {
  e.met = condition_met(e);
  const bool failed = e.target != none && nodes_[e.target].failed > 0;
  const bool absent = e.target == none || nodes_[e.target].down > 0;
  e.holds = e.met || (!e.rule.required && (failed || absent));
  e.broken = e.rule.required && failed && !e.met;
}

graph::edge_change graph::refresh(const back_edge& which) {
  node& owner = nodes_[which.from];
  edge& e = owner.needs[which.position];
  const bool met = e.met, held = e.holds, broken = e.broken;
  judge(e);
  owner.unmet += (e.holds ? 0U : 1U) - (held ? 0U : 1U);
  owner.broken += (e.broken ? 1U : 0U) - (broken ? 1U : 0U);
  return {e.holds != held || e.broken != broken, met && !e.met};
}

bool graph::replace(index service, const standing& before, const standing& after,
                    std::vector<index>& freed) {
  node& n = nodes_[service];
  const bool left = n.leaving > 0;
  count(n, before, minus_one);
  count(n, after, 1);
  const bool leaves = n.leaving > 0;
  if (left != leaves)
    for (const edge& e : n.needs) {
      if (e.target == none) continue;
      node& target = nodes_[e.target];
      target.blockers += leaves ? 1 : minus_one;
      if (target.blockers == 0) freed.push_back(e.target);
    }
  return !same_for_dependants(before, after);
}

void graph::detach(index service) {
  node& n = nodes_[service];
  for (const edge& e : n.needs) {
    if (e.target == none) continue;
    auto& refs = nodes_[e.target].needed_by;
    refs.erase(std::remove_if(refs.begin(), refs.end(),
                              [&](const back_edge& b) { return b.from == service; }),
               refs.end());
  }
  for (const back_edge& b : n.needed_by) nodes_[b.from].needs[b.position].target = none;
  names_.erase(n.spec->name);
  n.needs.clear();
  n.needed_by.clear();
  n.unmet = n.broken = n.blockers = 0;
}

}  // namespace aurora::core

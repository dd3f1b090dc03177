#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <aurora/spec.hpp>

#include "core/events.hpp"

/// Who depends on whom, and what holds right now. Conditions are kept as counts, so that a change
/// of one instance costs only its service's dependants, however many dependencies those have.
namespace aurora::core {

/// What one instance contributes to its service; all false for one that is being removed, but
/// `leaving`.
struct standing {
  bool counted = false;    ///< belongs to the service
  bool ready = false;      ///< ready and wanted
  bool started = false;    ///< a program was executed, and wanted
  bool completed = false;  ///< ended with success, and wanted
  bool failed = false;
  bool down = false;     ///< not desired
  bool leaving = false;  ///< alive and not wanted: what it depends on has to wait for its end
  friend bool operator==(const standing&, const standing&) = default;
};

class graph {
 public:
  using index = std::uint32_t;
  static constexpr index none = static_cast<index>(-1);

  struct edge {
    std::string name;  ///< of the dependency
    index target = none;
    dependency rule;
    bool met = false;     ///< the condition itself
    bool holds = false;   ///< met, or excused because it is not required
    bool broken = false;  ///< required, and the dependency failed
  };
  struct back_edge {
    index from;
    std::uint32_t position;  ///< in `needs` of `from`
  };
  struct node {
    std::shared_ptr<const service_spec> spec;
    bool removed = false;
    std::vector<instance_id> members;  ///< by number; also those that are being removed
    std::vector<edge> needs;
    std::vector<back_edge> needed_by;
    unsigned counted = 0, ready = 0, started = 0, completed = 0, failed = 0, down = 0, leaving = 0;
    unsigned unmet = 0;     ///< edges that do not hold
    unsigned broken = 0;    ///< edges that are broken
    unsigned blockers = 0;  ///< dependants with somebody leaving: their end comes first
    bool queued = false;    ///< for the owner: its dependants are to look again
  };

  /// What became of an edge at `refresh`.
  struct edge_change {
    bool changed = false;
    bool lost = false;  ///< the condition held and does not any more
  };

  index add(std::shared_ptr<const service_spec> spec, bool removed);
  /// Resolves names and counts everything anew; call once all nodes and standings are there.
  void connect();

  /// Replaces an instance's standing. `changed`: dependants have to be refreshed. The services that
  /// this lets stop are appended to `freed`.
  bool replace(index service, const standing& before, const standing& after,
               std::vector<index>& freed);

  /// Looks at one edge again.
  edge_change refresh(const back_edge& which);

  /// Takes a removed service's edges away; its slot stays empty.
  void detach(index service);

  node& operator[](index service) { return nodes_[service]; }
  const node& operator[](index service) const { return nodes_[service]; }
  index size() const { return static_cast<index>(nodes_.size()); }
  index find(const std::string& service) const;

 private:
  void judge(edge& e) const;
  bool condition_met(const edge& e) const;

  std::vector<node> nodes_;
  std::unordered_map<std::string, index> names_;
};

}  // namespace aurora::core

#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reactor/child/proc_files.hpp"

namespace aurora::reactor {

/// Whose tree a process belongs to.
struct tree_identity {
  pid_t leader = 0;    ///< session and group that the launched process made
  std::string marker;  ///< AURORA_RUN; empty: only the session tells
  bool operator==(const tree_identity&) const = default;
};

/// A process that lost its parent and came to this process (or, where this one is no subreaper, to
/// one of its ancestors).
struct orphan {
  process_info info;
  std::string marker;
  /// The marker decides where both sides have one, since session numbers come back; commands run
  /// for a service carry the service's marker and a suffix.
  bool belongs_to(const tree_identity& tree) const;
};

/// The children of this process that a `child` owns, and from that: who is an orphan. One a
/// process, used from the loop's thread only.
class child_registry {
 public:
  static child_registry& instance();

  void add(pid_t pid, int pidfd);
  void remove(pid_t pid);
  /// From now on orphans are looked for above this process too: trees that an earlier process
  /// launched lose theirs to whoever took the tree's own processes in.
  void look_above() { above_ = true; }
  bool knows(pid_t pid) const { return live_.count(pid) != 0; }

  /// All orphans of now.
  std::vector<orphan> orphans(family_reader& family) const;

  /// Whether any orphan can be of the tree, whose leader and main process are known to have ended.
  /// Cheap when many end at once: one look at the children serves every leader that had ended
  /// before that look, since whatever such a leader left behind had come to us by then.
  bool may_have_left(const tree_identity& tree, pid_t main);

 private:
  void look();

  bool above_ = false;
  std::unordered_map<pid_t, int> live_;
  std::unordered_set<pid_t> ended_before_look_;
  std::vector<orphan> seen_;
};

}  // namespace aurora::reactor

#pragma once

#include <string>
#include <vector>

#include "reactor/child/registry.hpp"

namespace aurora::reactor {

/// The processes of one launched program, found without a cgroup: descendants of the roots, and
/// orphans that carry its marker or session.
class process_tree {
 public:
  explicit process_tree(tree_identity identity) : identity_(std::move(identity)) {}

  const tree_identity& identity() const { return identity_; }

  /// Living members, the roots included. roots: members that were not orphaned and live (or lived).
  /// What one walk found is a root of the next, so that a member that lost its marker stays one.
  std::vector<process_info> members(const std::vector<pid_t>& roots,
                                    family_reader::source from = family_reader::source::best);

  /// False: certainly nothing is left. Cheap; to be asked once the leader and `main` (the
  /// process that MAINPID named, else the leader) are reaped.
  bool may_have_left(pid_t main);

  /// The number of the leader is another's now: from here on only the marker tells.
  void leader_recycled() { identity_.leader = 0; }

 private:
  tree_identity identity_;
  std::vector<process_info> remembered_;
};

/// Whether a process is of the tree: the leader itself, below it, or an orphan that carries the
/// tree's marker or session. Climbs from the process to its parents, so it costs a few reads of
/// /proc however large the tree is; `process_tree::members` also finds who lost all of these.
bool descends_from(pid_t pid, const tree_identity& tree);

/// Sends through a pidfd, after a look that the pid is still the process that was meant.
bool send_signal(const process_info& to, int number);

}  // namespace aurora::reactor

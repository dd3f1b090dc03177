#include "reactor/child/tree.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <unordered_set>

#include <sys/syscall.h>
#include <unistd.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

/// One pass: down from each root, then the orphans, until nothing new turns up. The orphans come
/// last, because a process whose parent ends during the pass becomes one.
class tree_pass {
 public:
  tree_pass(const tree_identity& identity, family_reader::source from)
      : identity_(identity), from_(from), family_(from) {}

  void from(pid_t root) {
    if (const auto info = read_process(root)) visit(*info);
  }

  void orphans() {
    for (bool more = true; more;) {
      family_ = family_reader(from_);
      more = false;
      for (const auto& one : child_registry::instance().orphans(family_))
        if (one.belongs_to(identity_)) more = visit(one.info) || more;
    }
  }

  std::vector<process_info> take() { return std::move(found_); }

 private:
  bool visit(const process_info& root) {
    if (!seen_.insert(root.pid).second) return false;
    std::vector<process_info> open{root};
    while (!open.empty()) {
      const auto one = open.back();
      open.pop_back();
      if (one.alive) found_.push_back(one);
      for (const pid_t pid : family_.children_of(one)) {
        if (!seen_.insert(pid).second) continue;
        if (const auto info = read_process(pid)) open.push_back(*info);
      }
    }
    return true;
  }

  const tree_identity& identity_;
  family_reader::source from_;
  family_reader family_;
  std::unordered_set<pid_t> seen_;
  std::vector<process_info> found_;
};

/// Longer chains are nobody's service; somebody who makes one must not hold up the loop.
constexpr int most_parents = 256;

/// Who takes orphans in: this process and those above it, with 0 where a pid namespace ends.
std::unordered_set<pid_t> adopters() {
  std::unordered_set<pid_t> found{0, ::getpid()};
  for (pid_t pid = ::getppid(); pid > 0;) {
    found.insert(pid);
    const auto info = read_process(pid);
    pid = info ? info->parent : 0;
  }
  return found;
}

/// One way up; empty: somebody on it ended meanwhile, and the way leads elsewhere now.
std::optional<bool> climb(pid_t pid, const tree_identity& tree,
                          const std::unordered_set<pid_t>& above) {
  for (int parents = 0; parents < most_parents; ++parents) {
    if (pid == tree.leader) return true;
    if (above.count(pid) != 0) return false;
    const auto info = read_process(pid);
    if (!info) return std::nullopt;
    if (above.count(info->parent) != 0) {
      if (child_registry::instance().knows(pid)) return false;
      return orphan{*info, read_marker(pid)}.belongs_to(tree);
    }
    pid = info->parent;
  }
  return false;
}

}  // namespace

bool descends_from(pid_t pid, const tree_identity& tree) {
  constexpr int most_tries = 3;
  if (pid <= 0) return false;
  const auto above = adopters();
  for (int i = 0; i < most_tries; ++i)
    if (const auto found = climb(pid, tree, above)) return *found;
  return false;
}

std::vector<process_info> process_tree::members(const std::vector<pid_t>& roots,
                                                family_reader::source from) {
  tree_pass pass(identity_, from);
  for (const pid_t root : roots) pass.from(root);
  for (const auto& known : remembered_) {
    const auto now = read_process(known.pid);
    if (now && now->started == known.started) pass.from(known.pid);
  }
  pass.orphans();
  remembered_ = pass.take();
  return remembered_;
}

bool process_tree::may_have_left(pid_t main) {
  // Zombies of the group count here too: rare, and the walk sees what they are.
  if (identity_.leader != 0 && (::kill(-identity_.leader, 0) == 0 || errno == EPERM)) return true;
  for (const auto& known : remembered_) {
    const auto now = read_process(known.pid);
    if (now && now->alive && now->started == known.started) return true;
  }
  return child_registry::instance().may_have_left(identity_, main);
}

bool send_signal(const process_info& to, int number) {
  const unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, to.pid, 0)));
  if (!process) return false;
  const auto now = read_process(to.pid);
  if (!now || now->started != to.started) return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0) == 0;
}

}  // namespace aurora::reactor

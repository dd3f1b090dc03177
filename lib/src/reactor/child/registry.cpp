#include "reactor/child/registry.hpp"

#include <algorithm>

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace aurora::reactor {
namespace {

bool orphans_come_here() {
  int subreaper = 0;
  return ::getpid() == 1 ||
         (::prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0) == 0 && subreaper);
}

/// An orphan goes to the nearest subreaper above it: one of our ancestors, or pid 1.
std::vector<process_info> adopters() {
  std::vector<process_info> found;
  for (pid_t pid = ::getppid(); pid > 0;) {
    const auto info = read_process(pid);
    if (!info) break;
    found.push_back(*info);
    pid = info->parent;
  }
  return found;
}

}  // namespace

bool orphan::belongs_to(const tree_identity& tree) const {
  if (marker.empty() || tree.marker.empty())
    return tree.leader != 0 && (info.session == tree.leader || info.group == tree.leader);
  return marker == tree.marker || (marker.size() > tree.marker.size() &&
                                   marker.compare(0, tree.marker.size(), tree.marker) == 0 &&
                                   marker[tree.marker.size()] == '/');
}

child_registry& child_registry::instance() {
  static child_registry registry;
  return registry;
}

void child_registry::add(pid_t pid, int pidfd) {
  live_[pid] = pidfd;
  ended_before_look_.erase(pid);  // the number came back
}

void child_registry::remove(pid_t pid) { live_.erase(pid); }

std::vector<orphan> child_registry::orphans(family_reader& family) const {
  std::vector<orphan> found;
  const auto take = [&](const std::vector<pid_t>& pids, std::uint64_t since) {
    for (const pid_t pid : pids) {
      if (knows(pid) || pid == ::getpid()) continue;
      auto info = read_process(pid);
      if (info && info->started >= since) found.push_back({*info, read_marker(pid)});
    }
  };
  take(family.own_children(), 0);
  if (orphans_come_here() && !above_) return found;
  const auto self = above_ ? std::nullopt : read_process(::getpid());
  for (const auto& adopter : adopters())
    take(family.children_of(adopter), self ? self->started : 0);
  return found;
}

bool child_registry::may_have_left(const tree_identity& tree, pid_t main) {
  // A number of 0 (recycled) is never in the set: then it looks each time.
  if (ended_before_look_.count(tree.leader) == 0 || ended_before_look_.count(main) == 0) {
    look();
    if (tree.leader != 0) ended_before_look_.insert({tree.leader, main});
  }
  return std::any_of(seen_.begin(), seen_.end(),
                     [&](const orphan& one) { return one.belongs_to(tree); });
}

void child_registry::look() {
  std::vector<pollfd> ends;
  std::vector<pid_t> pids;
  ends.reserve(live_.size());
  pids.reserve(live_.size());
  for (const auto& [pid, pidfd] : live_) {
    ends.push_back({pidfd, POLLIN, 0});
    pids.push_back(pid);
  }
  ended_before_look_.clear();
  // First who has ended, then who is here: the other order would miss what comes in between.
  if (!ends.empty() && ::poll(ends.data(), ends.size(), 0) > 0) {
    for (std::size_t i = 0; i < ends.size(); ++i)
      if (ends[i].revents & POLLIN) ended_before_look_.insert(pids[i]);
  }
  family_reader family;
  seen_ = orphans(family);
}

}  // namespace aurora::reactor

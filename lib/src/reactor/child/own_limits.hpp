#pragma once

#include <optional>

#include <sys/resource.h>

namespace aurora::reactor {

/// The limit of descriptors that the daemon was started with; none: it was not raised.
std::optional<rlimit> original_nofile();

/// The oom_score_adj that programs are to get; none: the daemon's own, inherited.
std::optional<int> child_oom_score();

/// While it lives, what is cloned inherits the programs' OOM score: two writes of ours instead of a
/// look into /proc by each child, which costs it more than all its other steps.
class oom_score_of_programs {
 public:
  oom_score_of_programs();
  ~oom_score_of_programs();
  oom_score_of_programs(const oom_score_of_programs&) = delete;
  oom_score_of_programs& operator=(const oom_score_of_programs&) = delete;
  /// False: nothing is inherited, the child has to set `child_oom_score`.
  bool inherited() const { return inherited_; }

 private:
  bool inherited_ = false;
};

}  // namespace aurora::reactor

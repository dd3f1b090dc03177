#pragma once

#include <optional>

#include <sys/resource.h>

namespace aurora::reactor {

/// The limit of descriptors that the daemon was started with; none: it was not raised.
std::optional<rlimit> original_nofile();

/// The oom_score_adj that programs are to get; none: the daemon's own, inherited.
std::optional<int> child_oom_score();

}  // namespace aurora::reactor

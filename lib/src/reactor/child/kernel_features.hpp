#pragma once

namespace aurora::reactor {

/// What newer kernels, and their seccomp filters, let this process do.
struct kernel_features {
  bool pidfd_open = false;         ///< Linux 5.3
  bool close_range = false;        ///< CLOSE_RANGE_CLOEXEC, Linux 5.11
  bool clone_into_cgroup = false;  ///< clone3 with CLONE_INTO_CGROUP, Linux 5.7
};

/// Asks the kernel. No process is made and no descriptor is closed.
kernel_features find_kernel_features();

}  // namespace aurora::reactor

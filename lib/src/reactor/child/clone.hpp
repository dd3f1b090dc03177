#pragma once

#include <sys/types.h>

namespace aurora::reactor {

/// Runs `entry(argument)` in a new process that shares this one's memory, on a stack of its own,
/// while the calling thread is suspended until the process executes a program or ends. What `entry`
/// returns is its exit code. All signals are blocked meanwhile, and still are in `entry`.
/// cgroup: a descriptor of the directory to be born in, or -1.
/// share_descriptors: it shares the table of descriptors too, until it makes one of its own.
/// Returns the pid, or -1 with errno. ENOSYS or EINVAL with a cgroup: this kernel (before 5.7) or
/// its filter cannot do that; move the process afterwards.
pid_t clone_vfork(int (*entry)(void*), void* argument, int cgroup, bool share_descriptors,
                  int& pidfd);

}  // namespace aurora::reactor

#include "reactor/child/kernel_features.hpp"

#include <cerrno>
#include <cstdio>

#include <linux/close_range.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

bool is_at_least(int major, int minor) {
  utsname about{};
  int found_major = 0, found_minor = 0;
  if (::uname(&about) != 0) return false;
  if (std::sscanf(about.release, "%d.%d", &found_major, &found_minor) != 2) return false;
  return found_major > major || (found_major == major && found_minor >= minor);
}

}  // namespace

kernel_features find_kernel_features() {
  kernel_features found;
  const unique_fd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  found.pidfd_open = static_cast<bool>(self);
  // A range that holds nothing.
  found.close_range = ::syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  // Arguments of no size are refused before anything happens; a filter says ENOSYS or EPERM.
  errno = 0;
  const bool refused = ::syscall(SYS_clone3, nullptr, 0) < 0 && errno == EINVAL;
  found.clone_into_cgroup = refused && is_at_least(5, 7);
  return found;
}

}  // namespace aurora::reactor

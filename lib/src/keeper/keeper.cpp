#include "keeper/keeper.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "keeper/loop.hpp"

namespace aurora::keeper {
namespace {

/// 0, 1 and 2 may come closed: the link would become stderr.
void open_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) ::close(fd);
}

/// SIGCHLD ignored by whoever launched us would take the statuses.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace

int keep(const reactor_program& reactor) {
  open_standard_descriptors();
  block_signals();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  rlimit original{};
  ::getrlimit(RLIMIT_NOFILE, &original);
  const rlimit raised{original.rlim_max, original.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &raised);
  return loop(reactor, original).run();
}

}  // namespace aurora::keeper

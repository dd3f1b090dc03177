#include "keeper/keeper.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "keeper/loop.hpp"
#include "keeper/say.hpp"

namespace aurora::keeper {
namespace {

/// SIGCHLD ignored by whoever launched us would take the statuses.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace

void open_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) ::close(fd);
}

int keep(const reactor_program& reactor, int memory) {
  open_standard_descriptors();
  block_signals();
  loop* const life = loop::in(memory);
  rlimit original{};
  ::getrlimit(RLIMIT_NOFILE, &original);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const rlimit raised{original.rlim_max, original.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &raised);
  if (life == nullptr || !(memory < 0 ? life->begin(reactor, original) : life->resume(reactor))) {
    say({"the keeper cannot start: ", strerrordesc_np(errno)});
    return EXIT_FAILURE;
  }
  return life->run();
}

}  // namespace aurora::keeper

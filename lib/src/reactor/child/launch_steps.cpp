#include "reactor/child/launch_steps.hpp"

#include <algorithm>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aurora::reactor {
namespace {

using phase = launch_error::phase;
using code = boost::system::error_code;

bool write_text(const char* path, int value) {
  char text[16];
  char* end = text + sizeof text;
  char* at = end;
  const bool negative = value < 0;
  unsigned rest = negative ? 0U - static_cast<unsigned>(value) : static_cast<unsigned>(value);
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) *--at = '-';
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::write(fd, at, static_cast<std::size_t>(end - at)) == end - at;
  ::close(fd);
  return done;
}

bool limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit wanted{soft, hard};
  return ::setrlimit(resource, &wanted) == 0;
}

/// A copy of `fd`, where the number that is given out below would overwrite it.
int out_of_the_way(int fd, int reserved) {
  if (fd != reserved) return fd;
  return ::fcntl(fd, F_DUPFD_CLOEXEC, std::max(reserved, int{STDERR_FILENO}) + 1);
}

/// Where close_range knows no CLOEXEC (before Linux 5.11).
void mark_one_by_one() {
  rlimit open_files{};
  ::getrlimit(RLIMIT_NOFILE, &open_files);
  const auto most = static_cast<int>(std::min<rlim_t>(open_files.rlim_max, 1 << 20));
  for (int fd = STDERR_FILENO + 1; fd < most; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capset, &header, none) == 0;
}

}  // namespace

code launch_step::failed(launch_error::phase where, const char* subject) const {
  report_ = {where, errno, subject};
  return code(errno, boost::system::system_category());
}

code table_step::run() const {
  if (!in_.shares_descriptors) return {};
  const auto rest = static_cast<unsigned>(in_.slots.last()) + 1;
  if (::syscall(SYS_close_range, rest, ~0U, CLOSE_RANGE_UNSHARE) != 0)
    return failed(phase::descriptors, subject);
  return {};
}

code session_step::run() const {
  if (::setsid() < 0) return failed(phase::session, "session");
  return {};
}

code cgroup_step::run() const {
  if (in_.cgroup_procs < 0) return {};
  if (::write(in_.cgroup_procs, "0", 1) != 1) return failed(phase::cgroup, in_.spec.cgroup.c_str());
  return {};
}

code scheduling_step::run() const {
  ::umask(in_.spec.umask);
  if (in_.spec.nice != 0 && ::setpriority(PRIO_PROCESS, 0, in_.spec.nice) != 0)
    return failed(phase::limits, "nice");
  // Best effort: raising the score is always permitted, lowering it may not be.
  if (in_.oom_score) write_text("/proc/self/oom_score_adj", *in_.oom_score);
  return {};
}

code descriptor_step::run() const {
  const auto& spec = in_.spec;
  const int reserved = spec.extra_fd ? spec.extra_fd->first : STDERR_FILENO;
  const int in = out_of_the_way(in_.slots.null(), reserved);
  if (in < 0) return failed(phase::descriptors, "/dev/null");
  const int out = out_of_the_way(in_.slots.out(), reserved);
  if (out < 0) return failed(phase::descriptors, "stdout");
  const int err = out_of_the_way(in_.slots.err(), reserved);
  if (err < 0) return failed(phase::descriptors, "stderr");
  const int extra = spec.extra_fd ? out_of_the_way(in_.slots.extra(), reserved) : -1;
  if (spec.extra_fd && extra < 0) return failed(phase::descriptors, "the extra descriptor");
  if (::dup2(in, STDIN_FILENO) < 0) return failed(phase::descriptors, "stdin");
  if (::dup2(out, STDOUT_FILENO) < 0) return failed(phase::descriptors, "stdout");
  if (::dup2(err, STDERR_FILENO) < 0) return failed(phase::descriptors, "stderr");
  if (spec.extra_fd && ::dup2(extra, reserved) < 0)
    return failed(phase::descriptors, "the extra descriptor");
  return {};
}

code limits_step::run() const {
  const auto& limits = in_.spec.limits;
  if (limits.nofile) {
    if (!limit(RLIMIT_NOFILE, *limits.nofile, *limits.nofile))
      return failed(phase::limits, "nofile");
  } else if (in_.nofile && !limit(RLIMIT_NOFILE, in_.nofile->rlim_cur, in_.nofile->rlim_max)) {
    return failed(phase::limits, "nofile");
  }
  if (limits.core && !limit(RLIMIT_CORE, limits.core->value, limits.core->value))
    return failed(phase::limits, "core");
  if (in_.memory_by_rlimit && !limit(RLIMIT_AS, limits.memory->value, limits.memory->value))
    return failed(phase::limits, "memory");
  return {};
}

code user_step::run() const {
  if (!in_.spec.user) return {};
  const auto& user = *in_.spec.user;
  if (in_.switch_user) {
    // A session keyring of its own, or the daemon's keys would be in the program's possession.
    // Where key management is switched off there is none to leak.
    ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
    if (::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) != 0 ||
        ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) != 0 ||
        ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) != 0)
      return failed(phase::user, in_.user_text);
  }
  if (user.uid == 0) return {};
  if (!drop_capabilities()) return failed(phase::user, in_.user_text);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed(phase::user, in_.user_text);
  const bool back =
      ::syscall(SYS_setuid, 0) == 0 || (user.gid != 0 && ::syscall(SYS_setgid, 0) == 0);
  if (back) {
    errno = EPERM;
    return failed(phase::user, in_.user_text);
  }
  return {};
}

code directory_step::run() const {
  const auto& directory = in_.spec.working_dir;
  if (!directory.empty() && ::chdir(directory.c_str()) != 0)
    return failed(phase::chdir, directory.c_str());
  return {};
}

code close_step::run() const {
  if (::syscall(SYS_close_range, STDERR_FILENO + 1U, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    mark_one_by_one();
  if (in_.spec.extra_fd && in_.spec.extra_fd->first > STDERR_FILENO &&
      ::fcntl(in_.spec.extra_fd->first, F_SETFD, 0) != 0)
    return failed(phase::descriptors, "the extra descriptor");
  return {};
}

}  // namespace aurora::reactor

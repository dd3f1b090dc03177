#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aurora/spec.hpp>

#include <boost/assert/source_location.hpp>

#include <sys/types.h>

namespace aurora::reactor {

/// Who a program runs as, looked up before the fork (getpwnam in the child could block or
/// allocate).
struct credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// Where a child notes that it lives, in memory that outlives the process which launches it: that
/// one may be killed before it can write down whom it started.
struct birth_note {
  std::uint64_t run = 0;  ///< whose; set before the launch
  std::int32_t pid = 0;   ///< set by the child right before it executes; 0: it never did
  /// Seconds since boot, the one that had begun being full: whoever has that pid and was started
  /// later is another process. 0: not known.
  std::uint32_t born_before = 0;
};

/// Everything that a program is started with; nothing is left to be looked up in the child.
struct launch_spec {
  std::vector<std::string> argv;         ///< argv[0] is looked up along PATH of `environment`
  std::vector<std::string> environment;  ///< "KEY=value", all of it
  std::string working_dir;               ///< empty: the daemon's
  std::optional<credentials> user;
  mode_t umask = 022;
  int nice = 0;
  limits_spec limits;
  int stdout_fd = -1;  ///< -1: /dev/null. Borrowed
  int stderr_fd = -1;
  std::optional<std::pair<int, int>>
      extra_fd;                 ///< first: its number in the child; second: ours, borrowed
  std::string cgroup;           ///< directory to be born in; empty: the daemon's
  birth_note* birth = nullptr;  ///< borrowed; null: nobody asks
};

/// Why a program did not start.
struct launch_error {
  enum class phase { resources, fork, chdir, user, limits, session, descriptors, cgroup, exec };
  phase where = phase::fork;
  int error = 0;     ///< errno
  std::string path;  ///< what it was about
  /// True for what may well pass by itself: EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY, EINTR, EIO.
  bool transient() const;
};
/// "exec: '/srv/app' cannot be executed: permission denied (EACCES)".
std::string describe(const launch_error& error);
/// What `result::value()` throws: std::runtime_error with the description.
[[noreturn]] void throw_exception_from_error(const launch_error& error,
                                             const boost::source_location& where);

/// Raises the daemon's own soft limit of descriptors to the hard one and remembers what it was:
/// programs are started with the original (programs that use select(2) break above 1024). Once, at
/// start of the program; never called on behalf of an embedding program.
void raise_own_limits();

/// Makes the kernel's OOM killer prefer the services to the daemon: by a lower score of its own
/// where that is permitted (the programs get the original), else by a higher one of theirs. An
/// embedding program that does not call it hands down its own score, or 0 when that is lower.
void protect_from_oom();

/// The OOM score that programs get from this process, by `protect_from_oom`; none: its own.
std::optional<int> programs_oom_score();
/// In place of `protect_from_oom`, for a process that is protected already: by the program that it
/// ran before.
void inherit_programs_oom_score(int score);

}  // namespace aurora::reactor

#pragma once

#include <cerrno>

#include <boost/filesystem/path.hpp>
#include <boost/system/error_code.hpp>

#include <sys/resource.h>

#include "reactor/child/launch.hpp"
#include "reactor/child/launch_slots.hpp"

/// What a child does to itself between clone and exec, a step each, as initializers of
/// Boost.Process v2 (`on_exec_setup`).
///
/// The child shares the daemon's memory while the daemon's thread is suspended. So in here: no
/// allocation, no lock, no exception, no call that glibc broadcasts to all threads (the ids are set
/// by raw system calls), and everything needed was made ready by the parent. A step that fails
/// leaves phase, errno and subject in the report, which is plain shared memory.
namespace aurora::reactor {

struct step_report {
  launch_error::phase where = launch_error::phase::exec;
  int error = 0;
  const char* subject = "";
};

/// What the steps need beyond the spec itself, made ready before the clone.
struct step_input {
  const launch_spec& spec;
  const launch_slots& slots;
  int cgroup_procs = -1;            ///< open for writing; -1: none, or born in it already
  bool shares_descriptors = false;  ///< with the daemon, until its first step
  bool switch_user = false;
  bool memory_by_rlimit = false;
  std::optional<int> oom_score;
  std::optional<rlimit> nofile;  ///< the daemon's original
  const char* user_text = "";    ///< "uid 1000, gid 1000"
};

class launch_step {
 public:
  launch_step(const step_input& input, step_report& report) : in_(input), report_(report) {}

 protected:
  using code = boost::system::error_code;
  /// The step failed with the errno of now.
  code failed(launch_error::phase where, const char* subject) const;

  const step_input& in_;
  step_report& report_;
};

/// A table of descriptors of its own, with none in it but those of the slots. Nothing may touch a
/// descriptor before.
struct table_step : launch_step {
  using launch_step::launch_step;
  /// What `step_report::subject` is when it failed.
  static constexpr const char* subject = "a table of descriptors";
  code run() const;
};
/// A session, and with it a process group and no terminal.
struct session_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// Into the cgroup, where clone3 could not do it. First after the session, so that nothing the
/// program does is accounted elsewhere.
struct cgroup_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// umask, nice, OOM score.
struct scheduling_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// 0, 1, 2 and the extra one. Before the limits: a low nofile limit must not fail them.
struct descriptor_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// Before the user: raising a hard limit needs the privilege.
struct limits_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// Groups, gid, uid, capabilities, no_new_privs; then it proves that there is no way back.
struct user_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// After the user: the directory is entered with the permissions of the user, as in systemd.
struct directory_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};
/// All but 0, 1, 2 and the extra one are closed by the exec, and by nothing earlier.
struct close_step : launch_step {
  using launch_step::launch_step;
  code run() const;
};

/// Makes an initializer of Boost.Process out of a step.
template <class Step>
struct initializer : Step {
  using Step::Step;
  template <class Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const boost::filesystem::path&,
                                          const char* const*) {
    return this->run();
  }
};

}  // namespace aurora::reactor

#include "reactor/child/launch.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fmt/format.h>

#include <boost/asio/detail/throw_error.hpp>  // 1.81's launcher does not include what it uses
#include <boost/process/v2/posix/default_launcher.hpp>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/child/clone.hpp"
#include "reactor/child/launch_slots.hpp"
#include "reactor/child/launch_steps.hpp"
#include "reactor/child/launcher.hpp"
#include "reactor/child/own_limits.hpp"
#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

namespace process = boost::process::v2;
using phase = launch_error::phase;

/// Every disposition as after a boot, then the mask: handlers of the daemon must never run in a
/// child that shares its memory, and ignored signals would survive the exec. Raw, since glibc keeps
/// its two internal signals to itself.
void reset_signals() {
  struct {
    void (*handler)(int) = SIG_DFL;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    unsigned long mask = 0;
  } plain;
  for (int number = 1; number < _NSIG; ++number)
    ::syscall(SYS_rt_sigaction, number, &plain, nullptr, sizeof plain.mask);
  const unsigned long none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

/// In the child, which shares our memory.
void note_birth(birth_note& birth) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  birth.born_before = static_cast<std::uint32_t>(now.tv_sec + 1);
  birth.pid = ::getpid();
}

/// Boost.Process' launcher with a launch that neither grows with the daemon nor rebuilds its epoll,
/// and that reaps what failed (boost.md 1.3: why not the launch of 1.81).
class pidfd_launcher : public process::posix::default_launcher {
 public:
  template <class... Initializers>
  boost::system::result<spawned, launch_error> start(const boost::filesystem::path& program,
                                                     const char* const* argv, int cgroup,
                                                     bool share, birth_note* birth,
                                                     step_report& report,
                                                     Initializers&&... initializers) {
    auto body = [&] {
      reset_signals();
      if (process::posix::detail::on_exec_setup(*this, program, argv, initializers...)) return;
      if (birth) note_birth(*birth);
      ::execve(program.c_str(), const_cast<char* const*>(argv), const_cast<char* const*>(env));
      report = {phase::exec, errno, program.c_str()};
      if (birth) birth->pid = 0;
    };
    spawned result;
    result.pid = clone_vfork(&enter<decltype(body)>, &body, cgroup, share, result.pidfd);
    if (result.pid < 0) return launch_error{phase::fork, errno, program.native()};
    if (report.error == 0) return result;
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(result.pid), &ended, WEXITED) != 0 && errno == EINTR) {
    }
    ::close(result.pidfd);
    return launch_error{report.where, report.error, report.subject};
  }

 private:
  /// Returns instead of calling _exit: a call that does not return makes ASan clean the wrong
  /// stack.
  template <class Body>
  static int enter(void* body) {
    (*static_cast<Body*>(body))();
    return 127;
  }
};

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> all;
  all.reserve(texts.size() + 1);
  for (const auto& text : texts) all.push_back(text.c_str());
  all.push_back(nullptr);
  return all;
}

/// An unprivileged daemon may be told to run a program as itself; setgroups would refuse.
bool must_switch(const launch_spec& spec) {
  if (!spec.user) return false;
  return ::geteuid() == 0 || spec.user->uid != ::getuid() || spec.user->gid != ::getgid();
}

bool memory_by_rlimit(const launch_spec& spec) {
  if (!spec.limits.memory) return false;
  return spec.cgroup.empty() || ::access((spec.cgroup + "/memory.max").c_str(), F_OK) != 0;
}

/// Subject of what goes wrong, in words: the steps know only the name of a limit.
launch_error explained(launch_error error, const launch_spec& spec) {
  if (error.where != phase::limits) return error;
  const auto& limits = spec.limits;
  if (error.path == "nice") error.path = fmt::format("nice {}", spec.nice);
  if (error.path == "nofile" && limits.nofile)
    error.path = fmt::format("nofile {}", *limits.nofile);
  if (error.path == "core") error.path = fmt::format("core {}", limits.core->value);
  if (error.path == "memory") error.path = fmt::format("memory {}", limits.memory->value);
  return error;
}

/// False once a kernel before 5.9, or a filter, refused: then each child copies the whole table.
std::atomic<bool> tables_are_shared = true;

bool refused_sharing(const step_report& report) {
  if (report.subject != table_step::subject) return false;
  return report.error == ENOSYS || report.error == EINVAL || report.error == EPERM;
}

class launch_run {
 public:
  explicit launch_run(const launch_spec& spec) : spec_(spec) {}

  boost::system::result<spawned, launch_error> run() {
    if (spec_.argv.empty()) return launch_error{phase::exec, EINVAL, "(no command)"};
    auto program = find_program(spec_.argv[0], spec_.environment, spec_.working_dir);
    if (program.has_error()) return program.error();
    program_ = std::move(*program);
    if (spec_.cgroup.empty()) return started(-1);
    unique_fd directory(::open(spec_.cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return launch_error{phase::cgroup, errno, spec_.cgroup};
    auto born = started(directory.get());
    if (born.has_value() || born.error().where != phase::fork) return born;
    return after_refusal(born.error());
  }

 private:
  /// What clone3 said about the cgroup: too old a kernel moves the child instead; the errors of
  /// the cgroup itself are told as such.
  boost::system::result<spawned, launch_error> after_refusal(launch_error error) {
    switch (error.error) {
      case ENOSYS:
      case EINVAL:
      case E2BIG:
        procs_.reset(::open((spec_.cgroup + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
        if (!procs_) return launch_error{phase::cgroup, errno, spec_.cgroup};
        return started(-1);
      case EBUSY:
      case EACCES:
      case EBADF:  // a directory, but no cgroup
      case ENODEV:
      case EOPNOTSUPP:
        return launch_error{phase::cgroup, error.error, spec_.cgroup};
      default:
        return error;
    }
  }

  boost::system::result<spawned, launch_error> started(int cgroup) {
    const launch_slots slots(spec_);
    if (slots.fault()) return *slots.fault();
    // The child would need the descriptor of the cgroup, which is in no slot.
    const bool share = tables_are_shared && !procs_;
    step_report report;
    auto result = attempt(cgroup, slots, share, report);
    if (share && refused_sharing(report)) {
      tables_are_shared = false;
      report = {};
      result = attempt(cgroup, slots, false, report);
    }
    if (result.has_error()) return explained(result.error(), spec_);
    return result;
  }

  boost::system::result<spawned, launch_error> attempt(int cgroup, const launch_slots& slots,
                                                       bool share, step_report& report) {
    const auto argv = pointers(spec_.argv);
    const auto environment = pointers(spec_.environment);
    std::string user_text;
    if (spec_.user) user_text = fmt::format("uid {}, gid {}", spec_.user->uid, spec_.user->gid);
    const oom_score_of_programs score;
    const step_input input{spec_,
                           slots,
                           procs_.get(),
                           share,
                           must_switch(spec_),
                           memory_by_rlimit(spec_),
                           score.inherited() ? std::nullopt : child_oom_score(),
                           original_nofile(),
                           user_text.c_str()};
    pidfd_launcher launcher;
    launcher.env = environment.data();
    initializer<table_step> table(input, report);
    initializer<session_step> session(input, report);
    initializer<cgroup_step> into_cgroup(input, report);
    initializer<scheduling_step> scheduling(input, report);
    initializer<descriptor_step> descriptors(input, report);
    initializer<limits_step> limits(input, report);
    initializer<user_step> user(input, report);
    initializer<directory_step> directory(input, report);
    initializer<close_step> close(input, report);
    return launcher.start(program_, argv.data(), cgroup, share, spec_.birth, report, table, session,
                          into_cgroup, scheduling, descriptors, limits, user, directory, close);
  }

  const launch_spec& spec_;
  std::string program_;
  unique_fd procs_;
};

}  // namespace

boost::system::result<spawned, launch_error> spawn(const launch_spec& spec) {
  return launch_run(spec).run();
}

}  // namespace aurora::reactor

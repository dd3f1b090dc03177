#include "reactor/child/child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/child/cgroup.hpp"
#include "reactor/child/launcher.hpp"
#include "reactor/child/registry.hpp"
#include "reactor/child/tree.hpp"
#include "reactor/child/unique_fd.hpp"
#include "reactor/task_scope.hpp"
#include "reactor/wait_status.hpp"

namespace aurora::reactor {
namespace {

namespace asio = boost::asio;
using pidfd_stream = asio::posix::stream_descriptor;

bool send_to(int pidfd, int number) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) == 0;
}

bool has_ended(int pidfd) {
  pollfd state{pidfd, POLLIN, 0};
  return ::poll(&state, 1, 0) > 0;
}

/// Reaps without waiting, or only looks (WNOWAIT). A process that is not our child (its own parent
/// reaps it), or whose status was taken by an ignored SIGCHLD, ends with a status unknown.
std::optional<exit_status> try_reap(int pidfd, int how = 0) {
  siginfo_t ended{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &ended, WEXITED | WNOHANG | how) == 0) {
    if (ended.si_pid == 0) return std::nullopt;
    return decode_end(ended.si_code, ended.si_status);
  }
  if (errno == ECHILD && has_ended(pidfd)) return exit_status{};
  return std::nullopt;
}

/// Whether the number is still that process'. One whose start could not be read is known by its
/// marker.
bool is_same(const process_identity& which, const std::string& marker) {
  if (which.started == 0) return !marker.empty() && look_up_marker(which.pid) == marker;
  const auto now = look_up_process(which.pid);
  return now && now->started == which.started;
}

/// The pidfd of that very process; none where its number is another's by now. Throws where it
/// cannot be told: whoever took a process for gone would start a second one.
unique_fd open_same(const process_identity& which, const std::string& marker) {
  unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, which.pid, 0)));
  // ENOENT, EINVAL by older kernels: the number is a thread's by now.
  if (!process && errno != ESRCH && errno != ENOENT && errno != EINVAL)
    throw boost::system::system_error(errno, boost::system::system_category(),
                                      "cannot watch pid " + std::to_string(which.pid));
  if (process && !is_same(which, marker)) process = unique_fd();
  return process;
}

exit_status unattended() {
  exit_status status;
  status.why = exit_status::cause::unattended;
  return status;
}

[[noreturn]] void throw_aborted() {
  throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace

struct child::impl {
  impl(asio::any_io_executor executor, pid_t pid, tree_identity identity, std::string directory)
      : leader_pid(pid),
        main_pid(pid),
        leader(executor),
        adopted(executor),
        tree(std::move(identity)),
        cgroup(std::move(directory)),
        oom_before(cgroup.empty() ? 0 : cgroup_oom_kills(cgroup)) {}

  ~impl() {
    if (leader.is_open()) child_registry::instance().remove(leader_pid);
    if (adopted.is_open()) child_registry::instance().remove(main_pid);
  }

  bool leader_unreaped() const { return leader.is_open(); }
  /// The stream of the main process; closed once that is reaped.
  pidfd_stream& main() { return main_pid == leader_pid ? leader : adopted; }

  std::optional<exit_status> try_take(pidfd_stream& process, pid_t pid) {
    if (!process.is_open()) return std::nullopt;
    auto status = peek(process, pid);
    if (status) let_go(process, pid);
    return status;
  }

  void let_go(pidfd_stream& process, pid_t pid) {
    child_registry::instance().remove(pid);
    process.close();
  }

  std::optional<exit_status> peek(pidfd_stream& process, pid_t pid) {
    if (!note || pid != main_pid) return try_reap(process.native_handle());
    const auto status = try_reap(process.native_handle(), WNOWAIT);
    if (status) note(*status);
    return status ? try_reap(process.native_handle()) : status;
  }

  /// Watches one that may be gone.
  void watch(pidfd_stream& stream, const process_identity& which) {
    auto process = open_same(which, tree.identity().marker);
    if (!process) return;
    stream.assign(process.get());
    child_registry::instance().add(which.pid, process.release());
  }

  /// Reaps whichever of leader and main ended; true: the main one did.
  bool advance() {
    if (ended) return true;
    if (foreign) {
      let_foreign_leader_go();
    } else if (main_pid != leader_pid) {
      try_take(leader, leader_pid);
      ended = try_take(adopted, main_pid);
    } else {
      ended = try_take(leader, leader_pid);
    }
    look_for_oom();
    return ended.has_value();
  }

  void look_for_oom() {
    if (ended && ended->how == exit_status::kind::signaled && ended->signal == SIGKILL &&
        !cgroup.empty() && cgroup_oom_kills(cgroup) > oom_before)
      ended->why = exit_status::cause::oom;
  }

  /// Not ours to reap, and nobody asks how it ended.
  void let_foreign_leader_go() {
    if (main_pid != leader_pid && leader.is_open() && has_ended(leader.native_handle()))
      let_go(leader, leader_pid);
  }

  std::vector<process_info> members() const {
    if (!cgroup.empty()) return cgroup_members(cgroup);
    if (!leader.is_open() && child_registry::instance().knows(leader_pid)) tree.leader_recycled();
    std::vector<pid_t> roots;
    if (leader.is_open()) roots.push_back(leader_pid);
    if (adopted.is_open()) roots.push_back(main_pid);
    if (roots.empty() && !tree.may_have_left(main_pid)) return {};
    return tree.members(roots);
  }

  bool is_owned(pid_t pid) const {
    return (leader.is_open() && pid == leader_pid) || (adopted.is_open() && pid == main_pid);
  }

  void kill_all();

  const pid_t leader_pid;
  pid_t main_pid;
  pidfd_stream leader;   ///< closed once reaped
  pidfd_stream adopted;  ///< MAINPID's; closed where there is none, or once it ended
  mutable process_tree tree;
  std::string cgroup;
  std::uint64_t oom_before;
  std::optional<exit_status> ended;
  exit_source* ends = nullptr;
  bool foreign = false;   ///< launched by an earlier process
  bool heard_of = false;  ///< `ends` will tell how the main process ended
  std::function<void(const exit_status&)> note;
};

/// Kills until a look finds nobody that was not killed before that look: a process with SIGKILL
/// pending cannot fork any more, so this ends for fork bombs too. Twice, since a child may change
/// its parent while the walk passes by.
void child::impl::kill_all() {
  if (!cgroup.empty() && cgroup_kill(cgroup)) return;
  if (leader_unreaped()) ::kill(-leader_pid, SIGKILL);
  constexpr int most_rounds = 1000;
  std::set<std::pair<pid_t, std::uint64_t>> killed;
  for (int round = 0, quiet = 0; round < most_rounds && quiet < 2; ++round) {
    ++quiet;
    for (const auto& one : members()) {
      if (!killed.emplace(one.pid, one.started).second) continue;
      quiet = 0;
      send_signal(one, SIGKILL);
    }
  }
}

child::child(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
child::~child() = default;

boost::system::result<std::unique_ptr<child>, launch_error> child::launch(
    asio::any_io_executor executor, const launch_spec& spec) {
  auto started = spawn(spec);
  if (started.has_error()) return started.error();
  tree_identity identity{started->pid, environment_value(spec.environment, "AURORA_RUN")};
  auto state = std::make_unique<impl>(executor, started->pid, std::move(identity), spec.cgroup);
  boost::system::error_code error;
  state->leader.assign(started->pidfd, error);
  if (error) {  // the loop cannot watch it: better none than one nobody waits for
    send_to(started->pidfd, SIGKILL);
    siginfo_t ended{};
    ::waitid(P_PIDFD, static_cast<id_t>(started->pidfd), &ended, WEXITED);
    ::close(started->pidfd);
    return launch_error{launch_error::phase::resources, error.value(), "a place in epoll"};
  }
  child_registry::instance().add(started->pid, started->pidfd);
  return std::unique_ptr<child>(new child(std::move(state)));
}

std::unique_ptr<child> child::adopt(asio::any_io_executor executor, const adoption& from) {
  tree_identity identity{from.leader.pid, from.marker};
  auto state = std::make_unique<impl>(executor, from.leader.pid, std::move(identity), from.cgroup);
  state->ends = from.ends;
  state->foreign = true;
  child_registry::instance().look_above();
  state->watch(state->leader, from.leader);
  if (from.named) {
    state->main_pid = from.named->pid;
    state->watch(state->adopted, *from.named);
  }
  state->heard_of = from.ends && state->main().is_open() && from.ends->hears_of(state->main_pid);
  // A zombie that nobody will tell of ended before, too.
  if (state->main().is_open() && !state->heard_of && has_ended(state->main().native_handle()))
    state->let_go(state->main(), state->main_pid);
  if (!state->main().is_open()) {
    const auto known = from.ends ? from.ends->status_of(state->main_pid) : std::nullopt;
    state->ended = known.value_or(unattended());
  }
  if (!state->leader.is_open()) state->tree.leader_recycled();
  return std::unique_ptr<child>(new child(std::move(state)));
}

std::optional<process_identity> identity_of(pid_t pid) {
  const auto found = read_process(pid);
  if (!found) return std::nullopt;
  return process_identity{pid, found->started};
}

pid_t child::pid() const { return impl_->main_pid; }
pid_t child::leader() const { return impl_->leader_pid; }

int child::pidfd() const {
  auto& main = impl_->main();
  return main.is_open() ? main.native_handle() : -1;
}

void child::before_reaping(std::function<void(const exit_status&)> note) {
  impl_->note = std::move(note);
}

void child::settle() {
  if (impl_->ends && impl_->ended) impl_->ends->settled(impl_->main_pid);
}

asio::awaitable<exit_status> child::wait() {
  namespace xp = asio::experimental;
  auto& own = *impl_;
  // Readiness is a hint only (boost.md 1.3 #1): what counts is what advance() finds. A process that
  // has ended already is told at once.
  while (!own.ended) {
    if (own.adopted.is_open() && own.leader.is_open()) {
      auto both =
          xp::make_parallel_group(own.leader.async_wait(pidfd_stream::wait_read, asio::deferred),
                                  own.adopted.async_wait(pidfd_stream::wait_read, asio::deferred));
      co_await both.async_wait(xp::wait_for_one(), tok);
    } else {
      co_await own.main().async_wait(pidfd_stream::wait_read, tok);
    }
    // adopt_main() ends the wait as a cancellation does, and is none.
    const auto asked = co_await asio::this_coro::cancellation_state;
    if (asked.cancelled() != asio::cancellation_type::none) throw_aborted();
    if (own.foreign && has_ended(own.main().native_handle())) {
      exit_status status;
      if (own.ends && (own.heard_of || own.ends->hears_of(own.main_pid))) {
        auto telling = own.ends->ended(own.main_pid);
        status = co_await std::move(telling);
      }
      own.let_go(own.main(), own.main_pid);
      own.ended = status;
      own.look_for_oom();
    }
    own.advance();
  }
  co_return *own.ended;
}

bool child::signal(int number) {
  auto& main = impl_->main();
  return main.is_open() && send_to(main.native_handle(), number);
}

bool child::signal_group(int number) {
  // The number of the group is ours for as long as its leader is not reaped. After that members are
  // signalled one by one, each checked: a recycled number is never hit.
  if (impl_->leader_unreaped()) return ::kill(-impl_->leader_pid, number) == 0;
  bool any = false;
  for (const auto& one : impl_->members())
    if (one.group == impl_->leader_pid) any = send_signal(one, number) || any;
  return any;
}

void child::signal_tree(int number) {
  if (number == SIGKILL) return impl_->kill_all();
  for (const auto& one : impl_->members()) send_signal(one, number);
}

std::vector<pid_t> child::left_over() const {
  if (!impl_->cgroup.empty() && !cgroup_populated(impl_->cgroup)) return {};
  std::vector<pid_t> pids;
  for (const auto& one : impl_->members()) pids.push_back(one.pid);
  return pids;
}

asio::awaitable<void> child::gone() {
  // So many at once: enough that a bomb is not walked once a process, few enough for descriptors.
  constexpr std::size_t batch = 64;
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    const auto left = left_over();
    if (impl_->foreign) impl_->let_foreign_leader_go();
    if (impl_->ended && !impl_->foreign) impl_->try_take(impl_->leader, impl_->leader_pid);
    if (left.empty()) co_return;
    std::vector<pidfd_stream> ends;
    std::vector<bool> owned;
    for (std::size_t i = 0; i < std::min(batch, left.size()); ++i) {
      unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, left[i], 0)));
      boost::system::error_code error;
      pidfd_stream end(executor);
      if (process) end.assign(process.get(), error);
      if (!process || error) continue;
      process.release();
      ends.push_back(std::move(end));
      owned.push_back(impl_->is_owned(left[i]));
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
      while (!has_ended(ends[i].native_handle())) {
        const auto [error] = co_await ends[i].async_wait(pidfd_stream::wait_read, tok);
        if (error == asio::error::operation_aborted) throw_aborted();
      }
      // As subreaper we are the parent now; the main process is left to wait().
      if (!owned[i]) try_reap(ends[i].native_handle());
    }
    // Out of descriptors: the one case where looking again is all there is.
    if (ends.empty()) {
      asio::steady_timer pause(executor, std::chrono::milliseconds(20));
      const auto [error] = co_await pause.async_wait(tok);
      if (error) throw_aborted();
    }
  }
}

bool child::adopt_main(pid_t pid) {
  auto& own = *impl_;
  if (pid == own.main_pid) return own.main().is_open();
  const auto members = own.members();
  const auto found =
      std::find_if(members.begin(), members.end(), [&](auto& one) { return one.pid == pid; });
  if (own.ended || pid == own.leader_pid || found == members.end()) return false;
  unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const auto now = read_process(pid);
  if (!process || !now || now->started != found->started) return false;
  boost::system::error_code error;
  pidfd_stream stream(own.leader.get_executor());
  stream.assign(process.get(), error);
  if (error) return false;
  process.release();
  if (own.adopted.is_open()) child_registry::instance().remove(own.main_pid);
  own.adopted = std::move(stream);
  own.main_pid = pid;
  child_registry::instance().add(pid, own.adopted.native_handle());
  own.leader.cancel(error);  // a wait in progress looks again at whom to follow
  return true;
}

}  // namespace aurora::reactor

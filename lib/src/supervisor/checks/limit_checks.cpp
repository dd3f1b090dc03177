#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <map>

#include "reactor/child/cgroup.hpp"
#include "reactor/child/proc_files.hpp"
#include "supervisor/checks/account.hpp"
#include "supervisor/checks/judges.hpp"
#include "supervisor/checks/numbers.hpp"

/// Limits that processes have, and the cgroup that some limits of services need.
namespace aurora::shell {
namespace {

/// Of each instance the daemon holds its pidfd, its output, and now and then a probe or a readiness
/// pipe; beside them it needs some of its own.
constexpr std::uint64_t for_each_instance = 4;
constexpr std::uint64_t for_the_daemon = 64;

std::uint64_t instances_of(const stack_spec& stack) {
  std::uint64_t count = 0;
  for (const auto& service : stack.services)
    if (service.type != service_type::external) count += service.instances;
  return count;
}

/// The daemon's where one runs, else those that one started from here would have.
rlimit limit_of(const subject& of, __rlimit_resource which) {
  rlimit found{RLIM_INFINITY, RLIM_INFINITY};
  const pid_t whose = of.daemon.runs ? of.daemon.holder : 0;
  if (::prlimit(whose, which, nullptr, &found) != 0) ::getrlimit(which, &found);
  return found;
}

void check_nofile(const subject& of, notes& say) {
  const auto needed = instances_of(of.stack) * for_each_instance + for_the_daemon;
  const auto limit = limit_of(of, RLIMIT_NOFILE).rlim_max;  // the daemon raises the soft one to it
  const auto text = fmt::format("{} descriptors for {} instances, the limit (RLIMIT_NOFILE) is {}",
                                needed, instances_of(of.stack), limit);
  const auto fix = fmt::format("sudo prlimit --pid $$ --nofile={0}:{0}", needed);
  limit < needed ? say.fail(text, fix) : say.ok(text);
}

void check_own_nofile(const subject& of, notes& say) {
  const auto hard = limit_of(of, RLIMIT_NOFILE).rlim_max;
  const auto most = number_in("/proc/sys/fs/nr_open").value_or(RLIM_INFINITY);
  for (const auto* service : of.services) {
    const auto wanted = service->limits.nofile.value_or(0);
    if (wanted > most)
      say.fail(fmt::format("limits.nofile {} of {} is more than fs.nr_open {}", wanted,
                           service->name, most),
               fmt::format("sudo sysctl fs.nr_open={}", wanted));
    else if (wanted > hard && ::geteuid() != 0)
      say.fail(fmt::format("limits.nofile {} of {} is more than the hard limit {}, which only root "
                           "can raise",
                           wanted, service->name, hard),
               fmt::format("sudo prlimit --pid $$ --nofile={0}:{0}", wanted));
  }
}

std::map<uid_t, std::uint64_t> tasks_by_user() {
  std::map<uid_t, std::uint64_t> tasks;
  for (const pid_t pid : reactor::all_pids()) {
    struct stat about {};
    if (::stat(fmt::format("/proc/{}", pid).c_str(), &about) != 0) continue;
    const auto process = reactor::read_process(pid);
    tasks[about.st_uid] += process ? static_cast<std::uint64_t>(process->threads) : 0;
  }
  return tasks;
}

/// Instances by the user that they run as; whoever cannot be found is told elsewhere.
std::map<uid_t, std::uint64_t> instances_by_user(const stack_spec& stack) {
  std::map<uid_t, std::uint64_t> count;
  for (const auto& service : stack.services) {
    if (service.type == service_type::external) continue;
    if (const auto uid = uid_of(service)) count[*uid] += service.instances;
  }
  return count;
}

void check_nproc(const subject& of, notes& say) {
  const auto limit = limit_of(of, RLIMIT_NPROC).rlim_cur;
  if (limit == RLIM_INFINITY) return;
  const auto now = tasks_by_user();
  for (const auto& [uid, more] : instances_by_user(of.stack)) {
    if (uid == 0) continue;  // is not held to it
    const auto used = now.count(uid) ? now.at(uid) : 0;
    const auto coming = of.daemon.runs ? 0 : more;
    const auto text = fmt::format(
        "uid {} has {} tasks and the stack adds {}, the limit "
        "(RLIMIT_NPROC) is {}",
        uid, used, coming, limit);
    const auto fix = fmt::format("sudo prlimit --pid $$ --nproc={0}:{0}", (used + more) * 2 + 64);
    if (used + coming > limit)
      say.fail(text, fix);
    else if (used + coming > limit / 10 * 9)
      say.warn(text, fix);
  }
}

void check_pids(const subject& of, notes& say) {
  const auto limit = number_in("/proc/sys/kernel/pid_max");
  const auto load = reactor::read_small_file("/proc/loadavg");  // "0.1 0.2 0.3 RUNNING/TASKS LAST"
  const auto slash = load.find('/');
  std::uint64_t tasks = 0;
  if (!limit || slash == std::string::npos) return;
  std::from_chars(load.data() + slash + 1, load.data() + load.size(), tasks);
  judge_pid_max(tasks, instances_of(of.stack), *limit, say);
}

struct wanted_controller {
  std::string_view limit, controller, instead;
  bool asked = false;
};

std::vector<wanted_controller> wanted_of(const subject& of) {
  std::vector<wanted_controller> wanted{
      {"limits.memory", "memory", "the address space is limited instead"},
      {"limits.cpu", "cpu", "it is not limited"},
      {"limits.tasks", "pids", "they are not limited"}};
  for (const auto* service : of.services) {
    wanted[0].asked |= service->limits.memory.has_value();
    wanted[1].asked |= service->limits.cpu.has_value();
    wanted[2].asked |= service->limits.tasks.has_value();
  }
  std::erase_if(wanted, [](const auto& each) { return !each.asked; });
  return wanted;
}

std::string daemon_cgroup(const subject& of) {
  const auto process = of.daemon.runs ? std::to_string(of.daemon.holder) : std::string("self");
  auto own = reactor::own_cgroup(reactor::read_small_file(("/proc/" + process + "/cgroup").c_str()),
                                 reactor::read_small_file("/proc/self/mountinfo"));
  constexpr std::string_view leaf = "/aurora-daemon";
  if (own.ends_with(leaf)) own.resize(own.size() - leaf.size());
  return own;
}

}  // namespace

void check_limits(const subject& of, std::vector<finding>& into) {
  notes say(into, "limits");
  check_nofile(of, say);
  check_own_nofile(of, say);
  check_nproc(of, say);
  check_pids(of, say);
}

void check_cgroup(const subject& of, std::vector<finding>& into) {
  notes say(into, "cgroup");
  const auto directory = daemon_cgroup(of);
  const bool delegated = !directory.empty() && reactor::cgroup_delegated(directory);
  const auto controllers =
      delegated ? reactor::read_small_file((directory + "/cgroup.controllers").c_str())
                : std::string();
  for (const auto& [limit, controller, instead, asked] : wanted_of(of))
    if (!reactor::lists_controller(controllers, controller))
      say.warn(fmt::format("{} needs the {} controller of a delegated cgroup (v2), which is not "
                           "available here; {}",
                           limit, controller, instead),
               "systemd-run --user --scope -p Delegate=yes aurorctl up -d");
  if (!say.well()) return;
  say.ok(delegated ? fmt::format("'{}' is delegated", directory)
                   : "none is delegated, and the configuration asks for nothing that needs one");
}

}  // namespace aurora::shell

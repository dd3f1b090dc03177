#include <cerrno>
#include <cmath>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reactor/child/cgroup.hpp"
#include "reactor/child/child.hpp"
#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

/// Processes may live in leaves only once controllers are handed down (cgroups(7), "no internal
/// processes"), so the daemon moves into a leaf of its own, beside those of the services.
constexpr std::string_view daemon_leaf = "/aurora-daemon";

struct warnings {
  std::set<std::string> told;
  std::vector<std::string> pending;
  void add(std::string text) {
    if (told.insert(text).second) pending.push_back(std::move(text));
  }
};

warnings& heard() {
  static warnings all;
  return all;
}

/// 0 or errno.
int write_control(const std::string& file, std::string_view text) {
  const unique_fd control(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!control) return errno;
  const auto written = ::write(control.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

void hand_down_controllers(const std::string& root) {
  const auto available = read_small_file((root + "/cgroup.controllers").c_str());
  for (const std::string_view controller : {"memory", "cpu", "pids"}) {
    if (!lists_controller(available, controller)) continue;
    const int error =
        write_control(root + "/cgroup.subtree_control", fmt::format("+{}", controller));
    if (error == EBUSY)
      heard().add(
          fmt::format("cgroup '{}': the {} controller cannot be handed to services while "
                      "foreign processes are in it",
                      root, controller));
    else if (error != 0)
      heard().add(fmt::format("cgroup '{}': the {} controller cannot be handed to services: {}",
                              root, controller, ::strerrordesc_np(error)));
  }
}

std::string find_root() {
  auto own =
      own_cgroup(read_small_file("/proc/self/cgroup"), read_small_file("/proc/self/mountinfo"));
  if (own.empty()) return {};
  // After a re-execution, or for a reactor started again, the leaf is ours already.
  if (own.size() > daemon_leaf.size() && own.ends_with(daemon_leaf))
    own.resize(own.size() - daemon_leaf.size());
  if (!cgroup_delegated(own)) return {};
  const auto leaf = own + std::string(daemon_leaf);
  if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return {};
  if (write_control(leaf + "/cgroup.procs", "0") != 0) {
    ::rmdir(leaf.c_str());
    return {};
  }
  hand_down_controllers(own);
  return own;
}

/// A limit that is not asked for is lifted, since the directory may be of an earlier configuration.
void set_limit(const std::string& directory, std::string_view control,
               const std::optional<std::string>& value, std::string_view limit,
               std::string_view instead) {
  const auto file = fmt::format("{}/{}", directory, control);
  if (!value && ::access(file.c_str(), F_OK) != 0) return;
  const int error = write_control(file, value ? *value : std::string("max"));
  if (error == 0 || !value) return;
  if (error == ENOENT)
    heard().add(
        fmt::format("limits.{} needs the cgroup controller of '{}', which is not available "
                    "here{}",
                    limit, control, instead));
  else
    heard().add(fmt::format("limits.{}: cannot write '{}' to '{}': {}", limit, *value, file,
                            ::strerrordesc_np(error)));
}

std::optional<std::string> cpu_quota(const std::optional<double>& cores) {
  if (!cores) return std::nullopt;
  constexpr long period = 100'000;  // microseconds, the kernel's default
  return fmt::format("{} {}", std::lround(*cores * period), period);
}

void set_limits(const std::string& directory, const limits_spec& limits) {
  std::optional<std::string> memory, tasks;
  if (limits.memory) memory = std::to_string(limits.memory->value);
  if (limits.tasks) tasks = std::to_string(*limits.tasks);
  set_limit(directory, "memory.max", memory, "memory", "; the address space is limited instead");
  set_limit(directory, "cpu.max", cpu_quota(limits.cpu), "cpu", "; it is not limited");
  set_limit(directory, "pids.max", tasks, "tasks", "; they are not limited");
}

void warn_without_cgroup(const limits_spec& limits) {
  constexpr auto text = "limits.{} needs a cgroup, and none is delegated to this process; {}";
  if (limits.memory)
    heard().add(fmt::format(text, "memory", "the address space is limited instead"));
  if (limits.cpu) heard().add(fmt::format(text, "cpu", "it is not limited"));
  if (limits.tasks) heard().add(fmt::format(text, "tasks", "they are not limited"));
}

}  // namespace

const std::string& cgroup_root() {
  static const std::string root = find_root();
  return root;
}

std::string make_cgroup(const std::string& instance, const limits_spec& limits) {
  if (cgroup_root().empty()) {
    warn_without_cgroup(limits);
    return {};
  }
  // Prefixed, for "memory.max" is a good name for a service and none for a directory here.
  auto directory = fmt::format("{}/service-{}", cgroup_root(), instance);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    heard().add(
        fmt::format("cannot make the cgroup '{}': {}", directory, ::strerrordesc_np(errno)));
    return {};
  }
  set_limits(directory, limits);
  return directory;
}

void remove_cgroup(const std::string& directory) {
  if (directory.empty()) return;
  if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return;
  // A service may have made cgroups below its own.
  if (DIR* below = ::opendir(directory.c_str())) {
    while (const dirent* entry = ::readdir(below))
      if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
        remove_cgroup(fmt::format("{}/{}", directory, entry->d_name));
    ::closedir(below);
  }
  ::rmdir(directory.c_str());
}

std::vector<std::string> take_cgroup_warnings() { return std::exchange(heard().pending, {}); }

}  // namespace aurora::reactor

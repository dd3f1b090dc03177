#include "supervisor/tree_reading.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "reactor/child/proc_files.hpp"

namespace aurora::shell {
namespace {

constexpr std::size_t longest_command = 4096;

duration of_ticks(std::uint64_t count) {
  static const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return std::chrono::nanoseconds(count * (1'000'000'000 / per_second));
}

std::uint64_t of_pages(std::uint64_t count) {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return count * size;
}

/// /proc tells starts since boot, sleep included.
duration since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::uint64_t next_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_of("-0123456789"), text.size()));
  if (text.starts_with('-')) text.remove_prefix(1);
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// The fields of proc(5) from the fourth on, by their numbers there.
struct stat_fields {
  char state = '?';
  std::uint64_t at[25] = {};
};

std::optional<stat_fields> read_stat(const std::string& process) {
  const auto text = reactor::read_small_file(("/proc/" + process + "/stat").c_str());
  // The name may hold anything, blanks and parentheses too.
  const auto name_end = text.rfind(')');
  if (name_end == text.npos || text.size() < name_end + 4) return std::nullopt;
  stat_fields found;
  found.state = text[name_end + 2];
  std::string_view rest = std::string_view(text).substr(name_end + 3);
  for (std::size_t field = 4; field < std::size(found.at); ++field)
    found.at[field] = next_number(rest);
  return found;
}

std::optional<process_row> read_row(pid_t pid) {
  const auto found = read_stat(std::to_string(pid));
  if (!found) return std::nullopt;
  process_row row;
  row.pid = pid;
  row.parent = static_cast<pid_t>(found->at[4]);
  row.state = found->state;
  row.threads = static_cast<unsigned>(found->at[20]);
  row.cpu = of_ticks(found->at[14] + found->at[15] + found->at[16] + found->at[17]);
  row.memory = of_pages(found->at[24]);
  row.age = std::max(duration{}, since_boot() - of_ticks(found->at[22]));
  return row;
}

std::vector<pid_t> members_of(const std::string& cgroup) {
  std::vector<pid_t> found;
  if (cgroup.empty()) return found;
  const auto text = reactor::read_small_file((cgroup + "/cgroup.procs").c_str());
  for (std::string_view rest = text; rest.find_first_of("0123456789") != rest.npos;)
    found.push_back(static_cast<pid_t>(next_number(rest)));
  return found;
}

std::uint64_t count_entries(const std::string& process) {
  const auto path = "/proc/" + process + "/fd";
  struct stat info {};
  // Since Linux 6.2 the size of the folder is the number of descriptors.
  if (::stat(path.c_str(), &info) != 0) return 0;
  if (info.st_size > 0) return static_cast<std::uint64_t>(info.st_size);
  DIR* folder = ::opendir(path.c_str());
  if (!folder) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count;
}

}  // namespace

tree_reading read_tree(pid_t root, const std::string& cgroup, std::size_t most) {
  tree_reading found;
  reactor::family_reader family;
  std::unordered_set<pid_t> seen;
  std::deque<pid_t> open{root};
  for (const pid_t pid : members_of(cgroup)) open.push_back(pid);
  for (; !open.empty(); open.pop_front()) {
    if (!seen.insert(open.front()).second) continue;
    const auto row = read_row(open.front());
    if (!row) continue;
    if (found.rows.size() == most) {
      found.whole = false;
      break;
    }
    found.rows.push_back(*row);
    reactor::process_info parent;
    parent.pid = row->pid;
    parent.threads = static_cast<int>(row->threads);
    for (const pid_t pid : family.children_of(parent)) open.push_back(pid);
  }
  return found;
}

std::string read_command_line(pid_t pid) {
  auto text = reactor::read_small_file(fmt::format("/proc/{}/cmdline", pid).c_str());
  while (text.ends_with('\0')) text.pop_back();
  if (text.size() > longest_command) text.resize(longest_command);
  if (!text.empty()) return text;
  auto name = reactor::read_small_file(fmt::format("/proc/{}/comm", pid).c_str());
  while (name.ends_with('\n')) name.pop_back();
  return "[" + name + "]";
}

std::uint64_t count_descriptors(pid_t pid) { return count_entries(std::to_string(pid)); }

own_use read_own_use() {
  own_use found;
  if (const auto now = read_stat("self")) {
    found.cpu = of_ticks(now->at[14] + now->at[15]);
    found.virtual_memory = now->at[23];
    found.resident = of_pages(now->at[24]);
  }
  found.open_fds = count_entries("self");
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) found.max_fds = limit.rlim_cur;
  return found;
}

}  // namespace aurora::shell

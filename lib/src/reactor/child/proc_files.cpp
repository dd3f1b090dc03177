#include "reactor/child/proc_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <boost/system/system_error.hpp>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

struct contents {
  std::string text;
  int error = 0;
};

contents read_whole(const std::string& path, std::size_t most) {
  contents found;
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {{}, errno};
  std::size_t size = 0;
  while (size < most) {
    found.text.resize(size + std::max<std::size_t>(size, 4096));
    const auto got = ::read(file.get(), found.text.data() + size, found.text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) found.error = errno;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  found.text.resize(size);
  return found;
}

std::string read_all(const std::string& path, std::size_t most) {
  return read_whole(path, most).text;
}

/// Throws for what says nothing about the process.
std::string look_up(pid_t pid, const char* file, std::size_t most) {
  const auto path = fmt::format("/proc/{}/{}", pid, file);
  auto found = read_whole(path, most);
  const auto error = found.error;
  if (error == 0) return std::move(found.text);
  const bool gone = error == ENOENT || error == ESRCH;
  if (!gone && error != EACCES && error != EPERM)
    throw boost::system::system_error(error, boost::system::system_category(),
                                      "cannot read '" + path + "'");
  return {};
}

constexpr std::size_t small = 64 << 10, most_environment = std::size_t{4} << 20;

template <class Number>
bool next_number(std::string_view& text, Number& value) {
  const auto at = text.find_first_not_of(" \n");
  if (at == std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool skip_fields(std::string_view& text, int count) {
  while (count-- > 0) {
    const auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return false;
    const auto end = text.find(' ', start);
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end);
  }
  return true;
}

void append_pids(const std::string& path, std::vector<pid_t>& into) {
  const auto text = read_all(path, std::size_t{16} << 20);
  std::string_view rest = text;
  for (pid_t pid = 0; next_number(rest, pid);) into.push_back(pid);
}

/// Calls `visit` with each name of digits in a directory of /proc.
template <class Visit>
void each_number(const char* path, Visit visit) {
  DIR* directory = ::opendir(path);
  if (!directory) return;
  while (const dirent* entry = ::readdir(directory)) {
    pid_t number = 0;
    std::string_view name = entry->d_name;
    if (next_number(name, number) && name.empty()) visit(number);
  }
  ::closedir(directory);
}

bool has_children_files() {
  static const bool found =
      ::access(fmt::format("/proc/self/task/{}/children", ::getpid()).c_str(), R_OK) == 0;
  return found;
}

}  // namespace

std::string read_small_file(const char* path) { return read_all(path, small); }

namespace {

std::optional<process_info> parse_stat(pid_t pid, const std::string& text) {
  // The name may hold anything, blanks and parentheses too: the fields start after the last one.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || text.size() < name_end + 4) return std::nullopt;
  process_info info;
  info.pid = pid;
  const char state = text[name_end + 2];
  info.alive = state != 'Z' && state != 'X' && state != 'x';
  std::string_view rest = std::string_view(text).substr(name_end + 3);
  const bool whole = next_number(rest, info.parent) && next_number(rest, info.group) &&
                     next_number(rest, info.session) && skip_fields(rest, 13) &&
                     next_number(rest, info.threads) && skip_fields(rest, 1) &&
                     next_number(rest, info.started);
  if (!whole) return std::nullopt;
  return info;
}

std::string marker_in(std::string_view environment) {
  return variable_in(environment, "AURORA_RUN");
}

}  // namespace

std::string variable_in(std::string_view environment, std::string_view name) {
  for (std::size_t at = 0; at < environment.size();) {
    const auto end = std::min(environment.find('\0', at), environment.size());
    const auto entry = environment.substr(at, end - at);
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return std::string(entry.substr(name.size() + 1));
    at = end + 1;
  }
  return {};
}

std::string read_environment(pid_t pid) {
  return read_all(fmt::format("/proc/{}/environ", pid), most_environment);
}

std::optional<process_info> read_process(pid_t pid) {
  return parse_stat(pid, read_all(fmt::format("/proc/{}/stat", pid), small));
}

// Without /proc every process would seem to have ended.
std::optional<process_info> look_up_process(pid_t pid) {
  const auto text = look_up(pid, "stat", small);
  if (text.empty() && !read_process(::getpid()))
    throw boost::system::system_error(ENOENT, boost::system::system_category(),
                                      "cannot read '/proc/self/stat'");
  return parse_stat(pid, text);
}

std::string proc_fault() {
  std::array<char, 32> text{};
  const auto size = ::readlink("/proc/self", text.data(), text.size());
  if (size < 0 && errno != ENOENT)
    throw boost::system::system_error(errno, boost::system::system_category(),
                                      "cannot read '/proc/self'");
  const char* const cure =
      ": aurorad sees there which process is which (in this namespace: mount -t proc proc /proc)";
  if (size < 0) return std::string("/proc is not mounted, or shows another namespace") + cure;
  const std::string_view self(text.data(), static_cast<std::size_t>(size));
  if (self == std::to_string(::getpid())) return {};
  return std::string("/proc shows the processes of another namespace") + cure;
}

std::string read_marker(pid_t pid) {
  return marker_in(read_all(fmt::format("/proc/{}/environ", pid), most_environment));
}

std::string look_up_marker(pid_t pid) {
  return marker_in(look_up(pid, "environ", most_environment));
}

family_reader::family_reader(source from) : files_(from == source::best && has_children_files()) {}

std::vector<pid_t> family_reader::children_of(const process_info& parent) {
  std::vector<pid_t> children;
  if (!files_) {
    read_table();
    const auto [first, last] = table_.equal_range(parent.pid);
    for (auto it = first; it != last; ++it) children.push_back(it->second);
  } else if (parent.threads <= 1) {
    append_pids(fmt::format("/proc/{0}/task/{0}/children", parent.pid), children);
  } else {
    const auto tasks = fmt::format("/proc/{}/task", parent.pid);
    each_number(tasks.c_str(), [&](pid_t thread) {
      append_pids(fmt::format("{}/{}/children", tasks, thread), children);
    });
  }
  return children;
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  each_number("/proc", [&](pid_t pid) { pids.push_back(pid); });
  return pids;
}

std::vector<pid_t> family_reader::own_children() {
  process_info self;
  self.pid = ::getpid();
  return children_of(self);
}

void family_reader::read_table() {
  if (std::exchange(read_, true)) return;
  each_number("/proc", [&](pid_t pid) {
    if (const auto info = read_process(pid)) table_.emplace(info->parent, pid);
  });
}

}  // namespace aurora::reactor

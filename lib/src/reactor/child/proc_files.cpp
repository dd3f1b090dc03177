#include "reactor/child/proc_files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

std::string read_all(const char* path, std::size_t most) {
  std::string text;
  const unique_fd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return text;
  std::size_t size = 0;
  for (std::size_t room = 4096; size < most; room = size) {
    text.resize(size + room);
    const auto got = ::read(file.get(), text.data() + size, room);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

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

void append_pids(const char* path, std::vector<pid_t>& into) {
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

std::string read_small_file(const char* path) { return read_all(path, 64 << 10); }

std::optional<process_info> read_process(pid_t pid) {
  const auto text = read_small_file(fmt::format("/proc/{}/stat", pid).c_str());
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

std::string read_marker(pid_t pid) {
  constexpr std::string_view key = "AURORA_RUN=";
  const auto text = read_all(fmt::format("/proc/{}/environ", pid).c_str(), std::size_t{4} << 20);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    const auto entry = std::string_view(text).substr(at, end - at);
    if (entry.substr(0, key.size()) == key) return std::string(entry.substr(key.size()));
    at = end + 1;
  }
  return {};
}

family_reader::family_reader(source from) : files_(from == source::best && has_children_files()) {}

std::vector<pid_t> family_reader::children_of(const process_info& parent) {
  std::vector<pid_t> children;
  if (!files_) {
    read_table();
    const auto [first, last] = table_.equal_range(parent.pid);
    for (auto it = first; it != last; ++it) children.push_back(it->second);
  } else if (parent.threads <= 1) {
    append_pids(fmt::format("/proc/{0}/task/{0}/children", parent.pid).c_str(), children);
  } else {
    const auto tasks = fmt::format("/proc/{}/task", parent.pid);
    each_number(tasks.c_str(), [&](pid_t thread) {
      append_pids(fmt::format("{}/{}/children", tasks, thread).c_str(), children);
    });
  }
  return children;
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

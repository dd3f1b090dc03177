#include "reactor/child/cgroup.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

std::string read_control(const std::string& directory, const char* name) {
  return read_small_file(fmt::format("{}/{}", directory, name).c_str());
}

/// The value of "key value" lines, as in cgroup.events.
std::optional<std::uint64_t> keyed(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.size() > key.size() && line[key.size()] == ' ' && line.substr(0, key.size()) == key) {
      std::uint64_t value = 0;
      std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), value);
      return value;
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

void collect(const std::string& directory, std::vector<process_info>& into) {
  const auto text = read_control(directory, "cgroup.procs");
  const char* at = text.data();
  const char* const end = at + text.size();
  for (pid_t pid = 0; at < end; ++at) {
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error != std::errc()) break;
    // A pid of 0 is a process that this pid namespace does not show.
    if (pid > 0)
      if (const auto info = read_process(pid); info && info->alive) into.push_back(*info);
    at = next;
  }
  DIR* below = ::opendir(directory.c_str());
  if (!below) return;
  while (const dirent* entry = ::readdir(below)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      collect(fmt::format("{}/{}", directory, entry->d_name), into);
  }
  ::closedir(below);
}

/// The n-th field of a line, from 0.
std::string_view field(std::string_view line, int n) {
  for (; n > 0; --n) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    line.remove_prefix(blank + 1);
  }
  return line.substr(0, line.find(' '));
}

/// mountinfo writes blanks and backslashes as octal.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 3, value, 8).ec == std::errc()) {
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// The directory of `path` under this mount of the hierarchy; empty: the mount does not show it.
std::string under_mount(std::string_view line, std::string_view path) {
  const auto root = unescape(field(line, 3));
  const auto point = unescape(field(line, 4));
  if (root == "/") return path == "/" ? point : point + std::string(path);
  if (path.substr(0, root.size()) != root) return {};
  path.remove_prefix(root.size());
  if (!path.empty() && path[0] != '/') return {};
  return point + std::string(path);
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    visit(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

std::vector<process_info> cgroup_members(const std::string& directory) {
  std::vector<process_info> members;
  collect(directory, members);
  return members;
}

bool cgroup_populated(const std::string& directory) {
  return keyed(read_control(directory, "cgroup.events"), "populated").value_or(1) != 0;
}

bool cgroup_kill(const std::string& directory) {
  const unique_fd file(::open((directory + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), "1", 1) == 1;
}

std::uint64_t cgroup_oom_kills(const std::string& directory) {
  return keyed(read_control(directory, "memory.events"), "oom_kill").value_or(0);
}

std::string own_cgroup(const std::string& cgroup_text, const std::string& mountinfo_text) {
  std::string_view path;
  each_line(cgroup_text, [&](std::string_view line) {
    if (line.substr(0, 3) == "0::") path = line.substr(3);
  });
  std::string directory;
  if (path.empty()) return directory;
  each_line(mountinfo_text, [&](std::string_view line) {
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos || !directory.empty()) return;
    if (field(line.substr(dash + 3), 0) == "cgroup2") directory = under_mount(line, path);
  });
  return directory;
}

bool lists_controller(std::string_view controllers, std::string_view name) {
  for (std::size_t at = controllers.find(name); at != std::string_view::npos;
       at = controllers.find(name, at + 1)) {
    const bool starts = at == 0 || controllers[at - 1] == ' ';
    const auto after = at + name.size();
    if (starts &&
        (after == controllers.size() || controllers[after] == ' ' || controllers[after] == '\n'))
      return true;
  }
  return false;
}

bool cgroup_delegated(const std::string& directory) {
  return ::access((directory + "/cgroup.type").c_str(), F_OK) == 0 &&
         ::access(directory.c_str(), W_OK) == 0 &&
         ::access((directory + "/cgroup.procs").c_str(), W_OK) == 0;
}

}  // namespace aurora::reactor

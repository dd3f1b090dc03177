#include "reactor/child/marked.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fmt/format.h>

#include <boost/system/system_error.hpp>

namespace aurora::reactor {
namespace {

constexpr auto longest_launch = std::chrono::seconds(1);

std::optional<pid_t> number_of(const char* name) {
  pid_t pid = 0;
  const auto* end = name + std::strlen(name);
  const auto [stop, fault] = std::from_chars(name, end, pid);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return pid;
}

[[noreturn]] void throw_unreadable() {
  throw boost::system::system_error(errno, boost::system::system_category(), "cannot read '/proc'");
}

std::vector<pid_t> all_processes() {
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), &::closedir);
  if (!processes) throw_unreadable();
  std::vector<pid_t> pids;
  for (errno = 0; const auto* entry = ::readdir(processes.get()); errno = 0)
    if (const auto pid = number_of(entry->d_name)) pids.push_back(*pid);
  if (errno != 0) throw_unreadable();
  return pids;
}

using file_id = std::pair<dev_t, ino_t>;

[[noreturn]] void throw_unseen(int error, const std::string& path) {
  throw boost::system::system_error(error, boost::system::system_category(),
                                    "cannot look at '" + path + "'");
}

/// Nothing: it is not there, or not a named pipe, or may not be looked at. A file of anybody may be
/// on a disk that does not answer: that is not asked, and what it would say concerns nobody here.
std::optional<file_id> pipe_at(const std::string& path) {
  struct statx found {};
  constexpr int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
  if (::statx(AT_FDCWD, path.c_str(), flags, STATX_TYPE | STATX_INO, &found) != 0) {
    if (errno == ENOMEM) throw_unseen(errno, path);
    return std::nullopt;
  }
  if (!S_ISFIFO(found.stx_mode)) return std::nullopt;
  return file_id{::makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino};
}

std::map<file_id, std::string> named_pipes(const std::string& directory) {
  std::map<file_id, std::string> pipes;
  std::error_code fault;
  std::filesystem::directory_iterator entry(directory, fault);
  for (; !fault && entry != std::filesystem::directory_iterator(); entry.increment(fault))
    if (const auto found = pipe_at(entry->path())) pipes.emplace(*found, entry->path().filename());
  // One that is not there has none.
  if (fault && fault != std::errc::no_such_file_or_directory)
    throw_unseen(fault.value(), directory);
  return pipes;
}

bool is_own_image(pid_t pid) {
  struct stat own {
  }, other{};
  const auto path = "/proc/" + std::to_string(pid) + "/exe";
  return ::stat("/proc/self/exe", &own) == 0 && ::stat(path.c_str(), &other) == 0 &&
         own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

bool launches(const process_info& parent) {
  family_reader family;
  const auto children = family.children_of(parent);
  return std::any_of(children.begin(), children.end(), [](pid_t pid) {
    if (pid == ::getpid()) return false;
    const auto info = read_process(pid);
    return info && info->alive && is_own_image(pid);
  });
}

}  // namespace

std::vector<marked_process> find_marked(std::string_view part) {
  std::vector<marked_process> found;
  for (const auto pid : all_processes()) {
    if (pid == ::getpid()) continue;
    auto marker = look_up_marker(pid);
    if (marker.find(part) == marker.npos) continue;
    if (const auto info = look_up_process(pid); info && info->alive)
      found.push_back({*info, std::move(marker)});
  }
  return found;
}

std::vector<pipe_writer> find_writers(const std::string& directory) {
  std::vector<pipe_writer> found;
  const auto pipes = named_pipes(directory);
  if (pipes.empty()) return found;
  for (const auto pid : all_processes()) {
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
      const auto file = pipe_at(fmt::format("/proc/{}/fd/{}", pid, output));
      const auto pipe = file ? pipes.find(*file) : pipes.end();
      if (pipe == pipes.end()) continue;
      const auto info = look_up_process(pid);
      if (info && info->alive && info->session == pid) found.push_back({*info, pipe->second});
      break;
    }
  }
  return found;
}

void await_launches(pid_t parent) {
  const auto until = std::chrono::steady_clock::now() + longest_launch;
  const auto info = read_process(parent);
  while (info && launches(*info) && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace aurora::reactor

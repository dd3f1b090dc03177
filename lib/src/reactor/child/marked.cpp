#include "reactor/child/marked.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

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
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), &::closedir);
  if (!processes) return found;
  while (const auto* entry = ::readdir(processes.get())) {
    const auto pid = number_of(entry->d_name);
    if (!pid || *pid == ::getpid()) continue;
    auto marker = read_marker(*pid);
    if (marker.find(part) == marker.npos) continue;
    if (const auto info = read_process(*pid); info && info->alive)
      found.push_back({*info, std::move(marker)});
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

#include "supervisor/state_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "reactor/child/proc_files.hpp"

namespace aurora::shell {
namespace {

using outcome = boost::system::result<void, std::string>;

outcome make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  const int error = errno;
  struct stat found {};
  if (error == EEXIST && ::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return {};
    return fmt::format("cannot use '{}' as a directory: it is a file", path);
  }
  return fmt::format("cannot make the directory '{}': {}", path, std::strerror(error));
}

outcome make_parents(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    if (auto made = make_directory(path.substr(0, slash), 0755); !made) return made;
  return {};
}

constexpr mode_t for_group = 0710;

/// The owner was checked before, so that nobody else can exchange the directory in between.
outcome let_pass(const std::string& path, std::optional<gid_t> group) {
  struct stat found {};
  if (::stat(path.c_str(), &found) < 0)
    return fmt::format("cannot look at '{}': {}", path, std::strerror(errno));
  if (!group) {
    const bool was_for_group = (found.st_mode & 07777) == for_group;
    if (was_for_group && ::chmod(path.c_str(), 0700) < 0)
      return fmt::format("cannot set the mode of '{}': {}", path, std::strerror(errno));
    return {};
  }
  if (found.st_gid != *group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) < 0)
    return fmt::format(
        "cannot give the state directory '{}' to control.group (gid {}): {} (its own user must be "
        "a member)",
        path, *group, std::strerror(errno));
  if (::chmod(path.c_str(), for_group) < 0)
    return fmt::format("cannot set the mode of '{}': {}", path, std::strerror(errno));
  return {};
}

}  // namespace

state_paths::state_paths(std::string directory)
    : root(std::move(directory)),
      run(root + "/run"),
      logs(root + "/logs"),
      socket(root + "/aurorad.sock"),
      lock(root + "/aurorad.lock"),
      state(root + "/state.json"),
      journal(root + "/journal"),
      events(root + "/events"),
      last_exit(run + "/last-exit"),
      births(run + "/births"),
      config_copy(root + "/config.last"),
      token(root + "/token") {}

outcome check_owner(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) < 0)
    return fmt::format("cannot look at '{}': {}", path, std::strerror(errno));
  if (found.st_uid != ::geteuid())
    return fmt::format(
        "the state directory '{}' belongs to uid {}, this is uid {}: choose another with "
        "--state-dir",
        path, found.st_uid, ::geteuid());
  if (found.st_mode & (S_IWGRP | S_IWOTH))
    return fmt::format(
        "the state directory '{}' can be written by others (mode {:04o}): chmod go-w '{}'", path,
        found.st_mode & 07777, path);
  if (::access(path.c_str(), W_OK) < 0)
    return fmt::format("cannot write to the state directory '{}': {}", path, std::strerror(errno));
  return {};
}

outcome prepare(const state_paths& paths, std::optional<gid_t> group) {
  if (auto made = make_parents(paths.root); !made) return made;
  if (auto made = make_directory(paths.root, 0700); !made) return made;
  if (auto checked = check_owner(paths.root); !checked) return checked;
  if (auto passed = let_pass(paths.root, group); !passed) return passed;
  if (auto made = make_directory(paths.logs, 0750); !made) return made;
  return make_directory(paths.run, 0700);
}

namespace {

bool write_pid(int fd, pid_t holder) {
  const std::string pid = fmt::format("{}\n", holder);
  return ::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) > 0;
}

/// A killed daemon holds its lock until the last of its threads is gone, and one may still wait for
/// a disk.
constexpr auto longest_death = std::chrono::seconds(5);
constexpr auto between_tries = std::chrono::milliseconds(10);

std::string read_holder(int fd) {
  char text[32] = {};
  const bool told = ::pread(fd, text, sizeof text - 1, 0) > 0;
  if (char* end = std::strchr(text, '\n')) *end = '\0';
  return told ? text : "";
}

bool is_dead(const std::string& holder) {
  const auto process = reactor::read_process(std::atoi(holder.c_str()));
  return !process || !process->alive;
}

bool lock(int fd) {
  const auto until = std::chrono::steady_clock::now() + longest_death;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (!is_dead(read_holder(fd)) || std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(between_tries);
  }
  return true;
}

}  // namespace

void state_lock::name_holder(pid_t holder) const { write_pid(fd_, holder); }

boost::system::result<state_lock, std::string> state_lock::take(const std::string& path,
                                                                pid_t holder) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fmt::format("cannot open the lock '{}': {}", path, std::strerror(errno));
  if (lock(fd)) {
    if (write_pid(fd, holder)) return state_lock(fd);
    const std::string words = std::strerror(errno);
    ::close(fd);
    return fmt::format("cannot write to the lock '{}': {}", path, words);
  }
  const auto other = read_holder(fd);
  ::close(fd);
  return fmt::format("already running: pid {} holds '{}' (see: aurorctl status)",
                     other.empty() ? "unknown" : other, path);
}

state_lock::state_lock(state_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

state_lock& state_lock::operator=(state_lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

std::string state_lock::directory() const {
  std::array<char, 4096> path;
  const auto link = fmt::format("/proc/self/fd/{}", fd_);
  const auto size = ::readlink(link.c_str(), path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size()) return {};
  const std::string_view found(path.data(), static_cast<std::size_t>(size));
  return std::string(found.substr(0, found.rfind('/')));
}

state_lock::~state_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace aurora::shell

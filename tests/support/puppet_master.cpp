#include "support/puppet_master.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace aurora::test {
namespace {

/// Generous: it is only reached by a test that fails.
constexpr int patience_ms = 30'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("puppet: " + what + ": " + std::strerror(errno));
}

/// Tests have handlers for SIGCHLD.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

void await_readable(int fd, const std::string& what) {
  pollfd state{fd, POLLIN, 0};
  const int ready = uninterrupted([&] { return ::poll(&state, 1, patience_ms); });
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0) fail(what);
}

char process_state(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto end = text.rfind(')');
  return end == std::string::npos || end + 2 >= text.size() ? '\0' : text[end + 2];
}

}  // namespace

std::string unique_marker() {
  static std::mt19937_64 random{std::random_device{}()};
  return "test:" + std::to_string(::getpid()) + ":" + std::to_string(random());
}

puppet_master::puppet_master() : marker_(unique_marker()) {
  const auto path = directory_ / "puppet.sock";
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(listener_, 16) != 0)
    fail("listen");
  // Puppets of another user call, too.
  std::filesystem::permissions(path, std::filesystem::perms::all);
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0711));
}

puppet_master::~puppet_master() {
  ::close(listener_);
  if (peer_ >= 0) ::close(peer_);
}

std::string puppet_master::program() { return PUPPET_PROGRAM; }

std::vector<std::string> puppet_master::environment() const {
  return {"PUPPET_SOCKET=" + (directory_ / "puppet.sock"), "AURORA_RUN=" + marker_,
          "PATH=/usr/local/bin:/usr/bin:/bin"};
}

pid_t puppet_master::meet() {
  await_readable(listener_, "it does not call");
  if (peer_ >= 0) ::close(peer_);
  pending_.clear();
  peer_ = uninterrupted([&] { return ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); });
  const auto hello = read_line();
  return static_cast<pid_t>(std::stol(hello.substr(hello.find(' '))));
}

std::string puppet_master::ask(const std::string& line) {
  tell(line);
  const auto answer = read_line();
  if (answer == "ok") return {};
  if (answer.rfind("ok ", 0) != 0) throw std::runtime_error("puppet: " + line + ": " + answer);
  return answer.substr(3);
}

void puppet_master::tell(const std::string& line) {
  const auto text = line + "\n";
  if (::send(peer_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    fail(line);
}

std::vector<pid_t> puppet_master::ask_pids(const std::string& line) {
  std::istringstream words(ask(line));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; words >> pid;) pids.push_back(pid);
  return pids;
}

void puppet_master::see_off() {
  char byte = 0;
  do await_readable(peer_, "it does not go");
  while (uninterrupted([&] { return ::read(peer_, &byte, 1); }) > 0);
}

std::string puppet_master::read_line() {
  for (;;) {
    const auto end = pending_.find('\n');
    if (end != std::string::npos) {
      auto line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    await_readable(peer_, "it does not answer");
    char buffer[4096];
    const auto size = uninterrupted([&] { return ::read(peer_, buffer, sizeof buffer); });
    if (size <= 0) throw std::runtime_error("puppet: it is gone");
    pending_.append(buffer, static_cast<std::size_t>(size));
  }
}

bool await_end(pid_t pid, std::chrono::milliseconds limit) {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return errno == ESRCH;
  pollfd state{process, POLLIN, 0};
  const bool ended =
      uninterrupted([&] { return ::poll(&state, 1, static_cast<int>(limit.count())); }) == 1;
  ::close(process);
  return ended;
}

bool is_alive(pid_t pid) {
  const char state = process_state(pid);
  return state != '\0' && state != 'Z' && state != 'X';
}

bool is_zombie(pid_t pid) { return process_state(pid) == 'Z'; }

int open_descriptors() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    count += entry.is_symlink() ? 1 : 0;
  return count;
}

}  // namespace aurora::test

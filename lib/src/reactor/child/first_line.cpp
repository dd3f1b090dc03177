#include "reactor/child/first_line.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t enough = 4096;

/// -1: it could not be executed.
pid_t start(const std::vector<std::string>& argv, int output) {
  std::vector<char*> arguments;
  for (const auto& each : argv) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  if (::posix_spawn(&pid, argv[0].c_str(), &files, &how, arguments.data(), ::environ) != 0)
    pid = -1;
  ::posix_spawnattr_destroy(&how);
  ::posix_spawn_file_actions_destroy(&files);
  return pid;
}

/// False: it did not come to its end by then. What it prints beyond what is enough is not kept.
bool read_to_end(int fd, std::string& text, clock::time_point until) {
  char some[enough];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now()).count();
    pollfd wanted{fd, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&wanted, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t n = ::read(fd, some, sizeof some);
    if (n <= 0) return n == 0;
    if (text.size() < enough) text.append(some, static_cast<std::size_t>(n));
  }
}

}  // namespace

std::optional<std::string> first_line_of(const std::vector<std::string>& argv,
                                         std::chrono::milliseconds limit) {
  int ends[2];
  if (argv.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  const unique_fd from(ends[0]);
  unique_fd to(ends[1]);
  const pid_t pid = start(argv, to.get());
  to.reset();
  if (pid < 0) return std::nullopt;
  std::string text;
  const bool ended = read_to_end(from.get(), text, clock::now() + limit);
  // One that has closed its output by ending keeps its status.
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return text.substr(0, text.find('\n'));
}

}  // namespace aurora::reactor

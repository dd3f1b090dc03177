#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>

namespace aurora::test {
namespace {

constexpr int limit_ms = 30'000;

struct terminal_pair {
  int master = -1;
  std::string slave;
};

terminal_pair open_terminal() {
  terminal_pair pair;
  pair.master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (pair.master < 0 || ::grantpt(pair.master) != 0 || ::unlockpt(pair.master) != 0) {
    throw std::runtime_error("no pseudo-terminal");
  }
  pair.slave = ::ptsname(pair.master);
  return pair;
}

std::vector<char*> pointers(std::vector<std::string>& from) {
  std::vector<char*> out;
  for (auto& text : from) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const program::setup& how) {
  std::map<std::string, std::string> all{
      {"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = ::getenv(name)) all[name] = value;
  }
  for (const auto& [name, value] : how.environment) all[name] = value;
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

}  // namespace

program::program(const std::vector<std::string>& arguments, const setup& how) {
  std::vector<std::string> argv{how.file.empty() ? AURORCTL_PROGRAM : how.file};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto environment = environment_of(how);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  int out_pipe[2] = {-1, -1};
  int err_pipe[2] = {-1, -1};
  if (how.to == output::terminal) {
    const auto pair = open_terminal();
    out_fd_ = pair.master;
    ::posix_spawn_file_actions_addopen(&actions, 1, pair.slave.c_str(), O_RDWR | O_NOCTTY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    out_pipe[1] = ::open(pair.slave.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  } else {
    if (::pipe2(out_pipe, O_CLOEXEC) != 0 || ::pipe2(err_pipe, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe");
    out_fd_ = out_pipe[0];
    err_fd_ = err_pipe[0];
    ::posix_spawn_file_actions_adddup2(&actions, out_pipe[1], 1);
    ::posix_spawn_file_actions_adddup2(&actions, err_pipe[1], 2);
  }
  if (!how.directory.empty())
    ::posix_spawn_file_actions_addchdir_np(&actions, how.directory.c_str());
  const auto args = pointers(argv);
  const auto env = pointers(environment);
  const int error = ::posix_spawn(&pid_, args[0], &actions, nullptr, args.data(), env.data());
  ::posix_spawn_file_actions_destroy(&actions);
  for (const int fd : {out_pipe[1], err_pipe[1]}) {
    if (fd >= 0) ::close(fd);
  }
  if (error != 0) throw std::runtime_error("cannot run " + argv[0]);
}

program::~program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_output();
  if (err_fd_ >= 0) ::close(err_fd_);
}

void program::close_output() {
  if (out_fd_ >= 0) ::close(out_fd_);
  out_fd_ = -1;
}

bool program::read_some(int patience) {
  pollfd both[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  if (out_fd_ < 0 && err_fd_ < 0) return false;
  const int ready = ::poll(both, 2, patience);
  if (ready <= 0) return ready < 0 && errno == EINTR;
  for (int i = 0; i < 2; ++i) {
    if (both[i].revents == 0) continue;
    char chunk[4096];
    int& fd = i == 0 ? out_fd_ : err_fd_;
    const auto n = ::read(fd, chunk, sizeof chunk);
    if (n > 0) {
      (i == 0 ? out : err).append(chunk, static_cast<std::size_t>(n));
    } else {  // the end; on a terminal it is EIO
      ::close(fd);
      fd = -1;
    }
  }
  return true;
}

bool program::read_until(const std::string& text, const std::string& where) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  while (where.find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > until || !read_some(limit_ms)) return false;
  }
  return true;
}

bool program::printed(const std::string& text) { return read_until(text, out); }
bool program::complained(const std::string& text) { return read_until(text, err); }
void program::signal(int number) { ::kill(pid_, number); }

int program::wait() {
  while (read_some(limit_ms)) {
  }
  if (out_fd_ >= 0 || err_fd_ >= 0) ::kill(pid_, SIGKILL);  // it hangs: the code tells
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

outcome run(const std::vector<std::string>& arguments, const program::setup& how) {
  program p(arguments, how);
  outcome result;
  result.code = p.wait();
  result.out = p.out;
  result.err = p.err;
  return result;
}

}  // namespace aurora::test

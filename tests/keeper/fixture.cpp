#include "fixture.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aurora::test {
namespace {

using keeper::message;
using keeper::verb;

/// Reached only by a test that fails.
constexpr int longest_wait_ms = 60'000;

std::string read_line(int fd, bool forever) {
  std::string line;
  for (char one = 0;;) {
    pollfd state{fd, POLLIN, 0};
    if (::poll(&state, 1, forever ? -1 : longest_wait_ms) == 0)
      throw std::runtime_error("nothing came in time after \"" + line + "\"");
    const ssize_t size = ::read(fd, &one, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0 || one == '\n') return line;
    line += one;
  }
}

void write_line(int fd, const std::string& line) {
  const std::string text = line + "\n";
  if (::write(fd, text.data(), text.size()) < 0) throw std::runtime_error("nobody reads");
}

keeper::held_key key_of(keeper::kind kind, const std::string& name, std::int64_t number) {
  keeper::held_key key{};
  key.what = kind;
  key.number = number;
  key.length = static_cast<std::uint8_t>(name.size());
  std::memcpy(key.name, name.data(), std::min(name.size(), sizeof key.name));
  return key;
}

struct cast {
  kept::reactor_body body;
  int reports, orders;
};

int play(int link, void* context) {
  auto& roles = *static_cast<cast*>(context);
  fake_reactor self(link, roles.reports, roles.orders);
  try {
    return roles.body(self);
  } catch (const std::exception& fault) {
    self.report(std::string("failed: ") + fault.what());
    ::_exit(99);
  }
}

}  // namespace

pipe_ends::pipe_ends() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  in = ends[0];
  out = ends[1];
}

keeper::verb fake_reactor::hear() {
  keeper::parcel got;
  auto how = keeper::receiving::malformed;
  while (how == keeper::receiving::malformed) how = keeper::receive(link_, got, MSG_CMSG_CLOEXEC);
  if (how != keeper::receiving::message) throw std::runtime_error("the keeper is gone");
  const message& text = got.what;
  if (text.what == verb::hold) {
    for (std::uint32_t i = 0; i < text.count; ++i) {
      const auto& key = text.keys[i];
      const auto name = std::to_string(static_cast<int>(key.what)) + " " +
                        std::string(key.name, key.length) + " " + std::to_string(key.number);
      held[name] = i < got.fds_in ? got.fds[i] : -1;
    }
  } else if (text.what == verb::ended) {
    for (std::uint32_t i = 0; i < text.count; ++i)
      statuses.emplace(text.ends[i].pid, text.ends[i].status);
  } else if (text.what == verb::begin) {
    generation = text.begin.generation;
    keeper_pid = text.begin.keeper_pid;
    standing = text.begin.how;
  }
  return text.what;
}

void fake_reactor::begin() {
  while (hear() != verb::begin) {
  }
}

void fake_reactor::send(const message& text, const int* fds) {
  for (;;) {
    const auto how = keeper::send(link_, text, fds);
    if (how == keeper::sending::done) return;
    if (how != keeper::sending::full) throw std::runtime_error("the keeper does not take it");
    pollfd state{link_, POLLOUT, 0};
    ::poll(&state, 1, -1);
  }
}

void fake_reactor::send(verb what) {
  message text;
  text.what = what;
  text.count = 0;
  send(text);
}

void fake_reactor::hold(keeper::kind kind, const std::string& name, std::int64_t number, int fd) {
  message text;
  text.what = verb::hold;
  text.count = 1;
  text.keys[0] = key_of(kind, name, number);
  send(text, &fd);
}

void fake_reactor::release(keeper::kind kind, const std::string& name, std::int64_t number) {
  message text;
  text.what = verb::release;
  text.count = 1;
  text.keys[0] = key_of(kind, name, number);
  send(text);
}

void fake_reactor::settled(pid_t pid) {
  message text;
  text.what = verb::settled;
  text.count = 1;
  text.pids[0] = pid;
  send(text);
}

void fake_reactor::leaving(int code) {
  message text;
  text.what = verb::leaving;
  text.count = 0;
  text.code = code;
  send(text);
}

void fake_reactor::notify(const std::string& words) {
  message text;
  text.what = verb::notify;
  text.count = static_cast<std::uint32_t>(words.size());
  std::memcpy(text.text, words.data(), words.size());
  send(text);
}

void fake_reactor::report(const std::string& line) { write_line(reports_, line); }

std::string fake_reactor::order() {
  const auto line = read_line(orders_, true);
  if (line.empty()) ::_exit(98);
  return line;
}

int fake_reactor::signal() {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGCHLD);
  siginfo_t info{};
  while (::sigwaitinfo(&all, &info) < 0 && errno == EINTR) {
  }
  return info.si_signo;
}

void fake_reactor::crash() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

kept::kept(reactor_body body, std::function<void()> before) {
  pipe_ends reports, orders, complaints;
  std::fflush(nullptr);  // or every reactor prints it again as it exits
  pid_ = ::fork();
  if (pid_ == 0) {
    for (const int fd : {reports.in, orders.out, complaints.in}) ::close(fd);
    ::dup2(complaints.out, STDERR_FILENO);
    ::close(complaints.out);
    if (before) before();
    cast roles{std::move(body), reports.out, orders.in};
    static char name[] = "kept";
    static char* arguments[] = {name, nullptr};
    static const char* environment[] = {"", nullptr};
    ::_exit(keeper::keep({play, &roles, arguments, environment}));
  }
  for (const int fd : {reports.out, orders.in, complaints.out}) ::close(fd);
  reports_ = reports.in;
  orders_ = orders.out;
  complaints_ = complaints.in;
}

kept::~kept() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  for (const int fd : {reports_, orders_, complaints_}) ::close(fd);
}

std::string kept::line() { return read_line(reports_, false); }
std::string kept::complaint() { return read_line(complaints_, false); }
void kept::order(const std::string& line) { write_line(orders_, line); }
void kept::signal(int number) { ::kill(pid_, number); }

int kept::wait() {
  int status = -1;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

int kept::code() {
  const int status = wait();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

pid_t fork_waiting(const pipe_ends& gate, int code) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::close(gate.out);
  char byte = 0;
  while (::read(gate.in, &byte, 1) < 0 && errno == EINTR) {
  }
  if (code < 0) {
    ::signal(-code, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::kill(::getpid(), -code);
  }
  ::_exit(code);
}

int pidfd_of(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

void await_end(int pidfd) {
  pollfd state{pidfd, POLLIN, 0};
  ::poll(&state, 1, longest_wait_ms);
}

std::string told(int status) {
  if (WIFEXITED(status)) return "exit " + std::to_string(WEXITSTATUS(status));
  return "signal " + std::to_string(WTERMSIG(status));
}

}  // namespace aurora::test

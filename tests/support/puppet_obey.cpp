#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "support/puppet_parts.hpp"

namespace puppetry {
namespace {

class puppet {
 public:
  explicit puppet(int master) : master_(master) {}

  [[noreturn]] void obey() {
    tell(format("hello %d", ::getpid()));
    std::string pending;
    for (;;) {
      char buffer[4096];
      const auto size = ::read(master_, buffer, sizeof buffer);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) std::_Exit(99);  // the master is gone: never outlive a test
      pending.append(buffer, static_cast<std::size_t>(size));
      for (std::size_t end; (end = pending.find('\n')) != std::string::npos;) {
        const auto line = pending.substr(0, end);
        pending.erase(0, end + 1);
        run(line);
      }
    }
  }

 private:
  void tell(const std::string& text) { write_all(master_, text + "\n"); }
  void ok(const std::string& text = "") { tell(text.empty() ? "ok" : "ok " + text); }
  void done(bool well) { well ? ok() : tell(format("no %s", std::strerror(errno))); }

  void run(const std::string& line) {
    const auto blank = line.find(' ');
    const auto verb = line.substr(0, blank);
    const auto rest_of = blank == std::string::npos ? std::string() : line.substr(blank + 1);
    const long long number = std::atoll(rest_of.c_str());
    if (!output(verb, rest_of, number) && !life(verb, rest_of, number) && !family(verb, number) &&
        !self(verb) && !service(verb, number))
      tell("no such verb: " + verb);
  }

  bool output(const std::string& verb, const std::string& text, long long number) {
    if (verb == "out") return done(write_all(1, text + "\n")), true;
    if (verb == "err") return done(write_all(2, text + "\n")), true;
    if (verb == "number") {
      std::string lines;
      for (long long i = 0; i < number; ++i) lines += numbered(++sequence_);
      return done(write_all(1, lines)), true;
    }
    if (verb == "flood") return done(flood(1, static_cast<std::uint64_t>(number))), true;
    if (verb == "long-line")
      return done(write_all(1, std::string(static_cast<std::size_t>(number), 'l') + "\n")), true;
    if (verb == "binary") {
      std::string bytes(static_cast<std::size_t>(number), '\0');
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
      return done(write_all(1, bytes)), true;
    }
    if (verb == "close-stdout") return ::close(1), ::close(2), ok(), true;
    if (verb == "notify") return done(notify(text)), true;
    if (verb == "ready-fd")
      return done(write_all(static_cast<int>(number), "\n") &&
                  ::close(static_cast<int>(number)) == 0),
             true;
    return false;
  }

  bool life(const std::string& verb, const std::string& text, long long number) {
    if (verb == "exit") ok(), std::_Exit(static_cast<int>(number));
    if (verb == "raise") {
      ok();
      const rlimit core{0, RLIM_INFINITY};
      if (text.find(" nocore") != std::string::npos) ::setrlimit(RLIMIT_CORE, &core);
      fall(signal_of(text.substr(0, text.find(' '))));
      return true;
    }
    if (verb == "ignore") return done(::signal(signal_of(text), SIG_IGN) != SIG_ERR), true;
    if (verb == "block") {
      sigset_t all;
      ::sigfillset(&all);
      return done(::sigprocmask(SIG_SETMASK, &all, nullptr) == 0), true;
    }
    if (verb == "count") {  // from now on counts this signal instead of dying of it
      struct sigaction counting {};
      counting.sa_handler = [](int) { counted_ = counted_ + 1; };
      counting.sa_flags = SA_RESTART;
      return done(::sigaction(signal_of(text), &counting, nullptr) == 0), true;
    }
    if (verb == "counted") return ok(std::to_string(counted_)), true;
    if (verb == "stop-self") return ok(), ::raise(SIGSTOP), true;
    if (verb == "hang") ok(), rest();
    if (verb == "eat-memory") {
      for (long long eaten = 0; eaten < number; eaten += 1 << 20) {
        // Volatile: a compiler may leave out memory that nobody reads.
        auto* block = static_cast<volatile char*>(std::malloc(1 << 20));
        if (!block) return tell("no memory"), true;
        for (int at = 0; at < 1 << 20; at += 4096) block[at] = 1;
      }
      return ok(), true;
    }
    return false;
  }

  bool family(const std::string& verb, long long number) {
    if (verb == "fork") return ok(std::to_string(forked([] { rest(); }))), true;
    if (verb == "double-fork") return ok(std::to_string(escaped(false, false))), true;
    if (verb == "escape") return ok(std::to_string(escaped(true, false))), true;
    if (verb == "escape-unmarked") return ok(std::to_string(escaped(false, true))), true;
    if (verb == "setsid-tree") {
      std::string pids;
      deeper(static_cast<int>(number), pids);
      return ok(pids), true;
    }
    if (verb == "fork-many") {
      std::string pids;
      for (long long i = 0; i < number; ++i)
        pids += (i ? " " : "") + std::to_string(forked([] { rest(); }));
      return ok(pids), true;
    }
    if (verb == "bomb") {
      auto* made = static_cast<std::atomic<long long>*>(shared_page());
      forked([&] { multiply(*made, number); });
      return ok(), true;
    }
    if (verb == "orphans") return ok(std::to_string(leave_orphans(number))), true;
    if (verb == "hold-pipe") return ok(std::to_string(forked([] { ::setsid(), rest(); }))), true;
    return false;
  }

  bool self(const std::string& verb) {
    if (verb == "pid") return ok(std::to_string(::getpid())), true;
    if (verb == "env") return ok(file_line("/proc/self/environ")), true;
    if (verb == "fds") return ok(open_descriptors(master_)), true;
    if (verb == "creds") return ok(credentials()), true;
    if (verb == "limits") return ok(limits()), true;
    if (verb == "mask")
      return ok(format("blocked %s ignored %s", status_field("SigBlk:").c_str(),
                       status_field("SigIgn:").c_str())),
             true;
    if (verb == "cwd") {
      char path[4096];
      return ok(::getcwd(path, sizeof path) ? path : "-"), true;
    }
    if (verb == "umask") {
      const auto mask = ::umask(0);
      ::umask(mask);
      return ok(format("%03o", mask)), true;
    }
    if (verb == "session")
      return ok(format("pid %d group %d session %d tty %s", ::getpid(), ::getpgrp(), ::getsid(0),
                       ::open("/dev/tty", O_RDONLY | O_CLOEXEC) < 0 ? "none" : "some")),
             true;
    if (verb == "stdin") {
      char byte;
      return ok(::read(0, &byte, 1) == 0 ? "end" : "data"), true;
    }
    if (verb == "nice") return ok(std::to_string(::getpriority(PRIO_PROCESS, 0))), true;
    if (verb == "oom-score") return ok(file_line("/proc/self/oom_score_adj")), true;
    if (verb == "cgroup") return ok(file_line("/proc/self/cgroup")), true;
    return false;
  }

  bool service(const std::string& verb, long long number) {
    if (verb == "listen") {
      http_server server;
      const int port = server.open(static_cast<int>(number));
      if (port < 0) return done(false), true;
      status_ = static_cast<int*>(shared_page());
      *status_ = 200;
      forked([&] { server.serve(status_); });
      return ok(std::to_string(port)), true;
    }
    if (verb == "serve") {
      if (status_) *status_ = static_cast<int>(number);
      return done(status_ != nullptr), true;
    }
    return false;
  }

  /// A child that dies with nobody but itself; it lets go of the master, or the master would not
  /// see the puppet's end.
  template <class Body>
  pid_t forked(Body body) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::close(master_);
    body();
    std::_Exit(0);
  }

  /// A daemon as of old: its parent is gone when this returns. Its pid.
  pid_t escaped(bool own_session, bool unmarked) {
    int ends[2];
    if (::pipe(ends) != 0) return -1;
    const pid_t between = forked([&] {
      if (own_session) ::setsid();
      const pid_t pid = ::fork();
      if (pid != 0) return;
      const pid_t own = ::getpid();
      if (unmarked) {
        std::string fd = std::to_string(ends[1]), name = "puppet", option = "--report";
        char* const arguments[] = {name.data(), option.data(), fd.data(), nullptr};
        char* const nothing[] = {nullptr};
        ::execve("/proc/self/exe", arguments, nothing);
      }
      write_all(ends[1], reinterpret_cast<const char*>(&own), sizeof own);
      rest();
    });
    pid_t pid = -1;
    ::close(ends[1]);
    if (::read(ends[0], &pid, sizeof pid) != sizeof pid) pid = -1;
    ::close(ends[0]);
    ::waitpid(between, nullptr, 0);
    return pid;
  }

  /// Escapees of escapees: each level is a session of its own whose parent is gone.
  void deeper(int levels, std::string& pids) {
    int ends[2];
    if (levels <= 0 || ::pipe(ends) != 0) return;
    const pid_t between = forked([&] {
      ::setsid();
      if (::fork() != 0) return;
      std::string below;
      deeper(levels - 1, below);
      const auto text = std::to_string(::getpid()) + (below.empty() ? "" : " " + below) + "\n";
      write_all(ends[1], text);
      rest();
    });
    ::close(ends[1]);
    char byte;
    while (::read(ends[0], &byte, 1) == 1 && byte != '\n') pids += byte;
    ::close(ends[0]);
    ::waitpid(between, nullptr, 0);
  }

  /// A fork bomb of sessions, fused: every one of them forks for as long as there were fewer.
  [[noreturn]] static void multiply(std::atomic<long long>& made, long long most) {
    for (;;) {
      ::setsid();
      if (made.fetch_add(1) >= most) rest();
      ::fork();
    }
  }

  /// Processes that end as soon as they are orphans; how many were made.
  long long leave_orphans(long long number) {
    long long made = 0;
    for (; number > 0; number -= 100) {
      const pid_t between = forked([&] {
        int ends[2];  // the end of the parent is the end of the pipe
        if (::pipe(ends) != 0) return;
        for (long long i = 0; i < (number < 100 ? number : 100); ++i) {
          if (::fork() != 0) continue;
          ::close(ends[1]);
          char byte;
          while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {
          }
          std::_Exit(0);
        }
      });
      if (between > 0) made += number < 100 ? number : 100;
      ::waitpid(between, nullptr, 0);
    }
    return made;
  }

  int master_;
  std::uint64_t sequence_ = 0;
  int* status_ = nullptr;
  static volatile sig_atomic_t counted_;
};

volatile sig_atomic_t puppet::counted_ = 0;

}  // namespace

void obey(int master) { puppet(master).obey(); }

}  // namespace puppetry

// A program that does as it is told, for tests: it connects to the Unix socket that PUPPET_SOCKET
// names, obeys a line at a time and acknowledges each ("ok ...", "no ..."); or it does one thing
// for good, by its arguments (see usage()). Plain C++ and static, without sanitizers: it must
// behave as any service would, whatever the build under test is made with.
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

[[noreturn]] void rest() {
  for (;;) ::pause();
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto sent = ::write(fd, data, size);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool write_all(int fd, const std::string& text) { return write_all(fd, text.data(), text.size()); }

std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char* pattern, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

std::string environment(const char* key, const char* otherwise = "") {
  const char* value = std::getenv(key);
  return value ? value : otherwise;
}

// FNV-1a: short to check anywhere.
std::uint32_t checksum(const std::string& text) {
  std::uint32_t sum = 2166136261U;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
  return sum;
}

/// "RUN SEQUENCE CHECKSUM": what a log must hold, complete, once and in order.
std::string numbered(std::uint64_t sequence) {
  const auto text = format("%s %llu", environment("AURORA_RUN", "-").c_str(),
                           static_cast<unsigned long long>(sequence));
  return format("%s %08x\n", text.c_str(), checksum(text));
}

int signal_of(const std::string& name) {
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') return std::atoi(name.c_str());
  const std::string bare = name.rfind("SIG", 0) == 0 ? name.substr(3) : name;
  for (int number = 1; number < 32; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known && bare == known) return number;
  }
  return 0;
}

void fall(int number) {
  ::signal(number, SIG_DFL);
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, number);
  ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
  ::raise(number);
}

bool notify(const std::string& text) {
  const auto path = environment("NOTIFY_SOCKET");
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path) return false;
  std::memcpy(to.sun_path, path.data(), path.size());
  if (path[0] == '@') to.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const bool sent = ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL,
                             reinterpret_cast<sockaddr*>(&to), length) >= 0;
  ::close(fd);
  return sent;
}

/// The text of a file with its lines joined by blanks, for one-line answers.
std::string file_line(const char* path) {
  std::string text;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  char buffer[4096];
  for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(size));
  if (fd >= 0) ::close(fd);
  for (char& c : text)
    if (c == '\n' || c == '\0') c = ' ';
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string status_field(const char* key) {
  std::string text = "-";
  FILE* file = std::fopen("/proc/self/status", "re");
  char line[1024];
  while (file && std::fgets(line, sizeof line, file)) {
    if (std::strncmp(line, key, std::strlen(key)) != 0) continue;
    text = line + std::strlen(key);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    while (!text.empty() && (text.front() == '\t' || text.front() == ' ')) text.erase(0, 1);
    for (char& c : text)
      if (c == '\t') c = ' ';
    break;
  }
  if (file) std::fclose(file);
  return text;
}

/// HTTP on 127.0.0.1, served by a process of its own so that the puppet goes on listening to us.
class http_server {
 public:
  int open(int port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), length) != 0 ||
        ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length) != 0)
      return -1;
    return ntohs(at.sin_port);
  }

  [[noreturn]] void serve(const volatile int* status) {
    ::signal(SIGPIPE, SIG_IGN);
    for (;;) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      char request[8192];
      if (::read(peer, request, sizeof request) > 0) {
        const std::string body = *status < 400 ? "OK\n" : "not well\n";
        write_all(peer, format("HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                               *status, *status < 400 ? "OK" : "Error", body.size()) +
                            body);
      }
      ::close(peer);
    }
  }

 private:
  int listener_ = -1;
};

/// Writes letters, a line of 64 now and then; false once nobody reads.
bool flood(int fd, std::uint64_t bytes) {
  std::string block;
  while (block.size() < 65536) block += std::string(63, 'x') + '\n';
  for (; bytes > 0;) {
    const auto part = bytes < block.size() ? bytes : block.size();
    if (!write_all(fd, block.data(), part)) return false;
    bytes -= part;
  }
  return true;
}

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
        auto* block = static_cast<char*>(std::malloc(1 << 20));
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
      auto* made = static_cast<std::atomic<long long>*>(shared());
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
    if (verb == "fds") return ok(open_descriptors()), true;
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
      status_ = static_cast<int*>(shared());
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

  static void* shared();

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

  std::string open_descriptors() const {
    std::string text;
    for (int fd = 0; fd < 4096; ++fd) {
      if (fd == master_ || ::fcntl(fd, F_GETFD) < 0) continue;
      text += (text.empty() ? "" : " ") + std::to_string(fd);
    }
    return text;
  }

  static std::string credentials() {
    uid_t uid[3];
    gid_t gid[3];
    ::getresuid(&uid[0], &uid[1], &uid[2]);
    ::getresgid(&gid[0], &gid[1], &gid[2]);
    auto text =
        format("uid %u %u %u gid %u %u %u groups", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
    std::vector<gid_t> groups(256);
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    for (int i = 0; i < count; ++i) text += format(" %u", groups[static_cast<std::size_t>(i)]);
    for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "NoNewPrivs:"})
      text += format(" %s %s", set, status_field(set).c_str());
    return text;
  }

  static std::string limits() {
    struct {
      const char* name;
      __rlimit_resource what;
    } const all[] = {{"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE}, {"memory", RLIMIT_AS}};
    std::string text;
    for (const auto& one : all) {
      rlimit value{};
      ::getrlimit(one.what, &value);
      text +=
          format("%s%s %lld %lld", text.empty() ? "" : " ", one.name,
                 static_cast<long long>(value.rlim_cur), static_cast<long long>(value.rlim_max));
    }
    return text;
  }

  int master_;
  std::uint64_t sequence_ = 0;
  int* status_ = nullptr;
  static volatile sig_atomic_t counted_;
};

volatile sig_atomic_t puppet::counted_ = 0;

void* puppet::shared() {
  // MAP_SHARED | MAP_ANONYMOUS: the server's process reads what the puppet is told.
  return reinterpret_cast<void*>(::syscall(SYS_mmap, nullptr, 4096, 3, 0x21, -1, 0));
}

int connect_to(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return -1;
  std::memcpy(to.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return -1;
  return fd;
}

void pause_for(long milliseconds) { ::poll(nullptr, 0, static_cast<int>(milliseconds)); }

int usage() {
  static const char text[] =
      "usage: puppet                       obey the socket of $PUPPET_SOCKET\n"
      "       puppet [OPTION VALUE]...     in this order, then rest until killed\n"
      "  --ignore-term        ignore SIGTERM\n"
      "  --lines N            N numbered lines: RUN SEQUENCE CHECKSUM (0: for ever)\n"
      "  --every MS           pause between the lines that follow\n"
      "  --err TEXT, --out TEXT   a line\n"
      "  --flood BYTES        (0: for ever)\n"
      "  --notify TEXT        to $NOTIFY_SOCKET\n"
      "  --wait MS            do nothing for so long\n"
      "  --http PORT          serve 200 on 127.0.0.1 (0: a free port, printed); never returns\n"
      "  --status CODE        what --http answers\n"
      "  --fork               leave a child behind\n"
      "  --mode crash-after MS | exit CODE | raise SIGNAL\n";
  write_all(2, text, sizeof text - 1);
  return 2;
}

int act(int argc, char** argv) {
  long every = 0;
  int status = 200;
  std::uint64_t sequence = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (option == "--ignore-term") {
      ::signal(SIGTERM, SIG_IGN);
    } else if (option == "--lines") {
      const auto count = std::strtoull(value().c_str(), nullptr, 10);
      for (std::uint64_t n = 0; count == 0 || n < count; ++n) {
        if (!write_all(1, numbered(++sequence))) return 1;
        if (every > 0) pause_for(every);
      }
    } else if (option == "--every") {
      every = std::atol(value().c_str());
    } else if (option == "--out") {
      write_all(1, value() + "\n");
    } else if (option == "--err") {
      write_all(2, value() + "\n");
    } else if (option == "--flood") {
      const auto bytes = std::strtoull(value().c_str(), nullptr, 10);
      if (!flood(1, bytes == 0 ? UINT64_MAX : bytes)) return 1;
    } else if (option == "--notify") {
      notify(value());
    } else if (option == "--wait") {
      pause_for(std::atol(value().c_str()));
    } else if (option == "--status") {
      status = std::atoi(value().c_str());
    } else if (option == "--http") {
      http_server server;
      const int port = server.open(std::atoi(value().c_str()));
      if (port < 0) return std::perror("puppet: listen"), 1;
      write_all(1, format("listening on %d\n", port));
      server.serve(&status);
    } else if (option == "--fork") {
      if (::fork() == 0) rest();
    } else if (option == "--report") {  // for "escape-unmarked": says who it is, then rests
      const pid_t own = ::getpid();
      write_all(std::atoi(value().c_str()), reinterpret_cast<const char*>(&own), sizeof own);
      rest();
    } else if (option == "--mode") {
      const auto mode = value();
      const auto argument = value();
      if (mode == "crash-after") return pause_for(std::atol(argument.c_str())), 1;
      if (mode == "exit") return std::atoi(argument.c_str());
      if (mode == "raise") return fall(signal_of(argument)), 1;
      return usage();
    } else {
      return usage();
    }
  }
  rest();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return act(argc, argv);
  const auto path = environment("PUPPET_SOCKET");
  if (path.empty()) return usage();
  const int master = connect_to(path);
  if (master < 0) return std::perror("puppet: PUPPET_SOCKET"), 1;
  puppet(master).obey();
}

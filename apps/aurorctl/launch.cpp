#include "launch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "feed.hpp"
#include "places.hpp"
#include "text.hpp"
#include "units.hpp"

extern char** environ;

namespace aurora::ctl {

std::string own_program() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).string();
}

namespace {

constexpr auto default_launch_limit = std::chrono::seconds(60);
constexpr auto longest_program = std::chrono::seconds(30);
/// How long one that lost the race for the lock waits for the winner to listen.
constexpr auto race_limit = std::chrono::seconds(2);

failure cannot(const std::string& what, const std::string& path, int error) {
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return {denied ? exit_code::not_permitted : exit_code::failed,
          "cannot " + what + " '" + path + "': " + std::strerror(error)};
}

/// A descriptor that is closed when it is not needed any more.
struct opened {
  int fd = -1;
  opened(int of, const char* what, const std::string& path) : fd(of) {
    if (fd < 0) throw cannot(what, path, errno);
  }
  ~opened() { ::close(fd); }
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;
};

void make_directory(int at, const std::string& name, const std::string& path, mode_t mode) {
  if (::mkdirat(at, name.c_str(), mode) == 0 || errno == EEXIST) return;
  throw cannot("make the directory", path, errno);
}

/// The daemon's log, opened without being led astray: root may be asked for a stack in a folder of
/// somebody else, who has put links where we write.
struct daemon_log_file {
  opened root, logs, file;
  explicit daemon_log_file(const std::string& state_dir)
      : root(own_root(state_dir), "open", state_dir),
        logs(own_logs(root.fd, state_dir), "open", state_dir + "/logs"),
        file(::openat(logs.fd, "aurorad.log",
                      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0640),
             "open", state_dir + "/logs/aurorad.log") {}

  std::uint64_t size() const {
    struct stat found {};
    return ::fstat(file.fd, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
  }

 private:
  static int own_root(const std::string& state_dir) {
    std::error_code ignored;  // what is missing is told by the next step
    std::filesystem::create_directories(std::filesystem::path(state_dir).parent_path(), ignored);
    make_directory(AT_FDCWD, state_dir, state_dir, 0700);
    const int fd = ::open(state_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat found {};
    if (fd < 0 || ::fstat(fd, &found) != 0 || found.st_uid == ::geteuid()) return fd;
    ::close(fd);
    throw failure(exit_code::not_permitted,
                  fmt::format("the state directory '{}' belongs to uid {}, this is uid {}",
                              state_dir, found.st_uid, ::geteuid()),
                  "choose another with --state-dir, or run it as that user");
  }
  static int own_logs(int root, const std::string& state_dir) {
    make_directory(root, "logs", state_dir + "/logs", 0750);
    return ::openat(root, "logs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }
};

std::string own_directory() { return std::filesystem::path(own_program()).parent_path().string(); }

std::string program_named(const std::string& name) {
  const std::string beside = own_directory() + "/" + name;
  return ::access(beside.c_str(), X_OK) == 0 ? beside : name;
}

struct spawn_setup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  /// `in`: what its stdin is; -1: nothing. `err`: its stderr; -1: where its stdout goes.
  explicit spawn_setup(int log, int in = -1, int err = -1) {
    ::posix_spawn_file_actions_init(&actions);
    if (in >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions, in, 0);
    } else {
      ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions, log, 1);
    ::posix_spawn_file_actions_adddup2(&actions, err >= 0 ? err : 1, 2);
    // Whoever reads our output through a pipe must see its end when we leave.
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(
        &attributes,
        static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~spawn_setup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
};

/// Its exit code, or 128 + signal; killed when it takes too long.
int end_of(pid_t pid) {
  const opened handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "watch", "a program");
  pollfd ended{handle.fd, POLLIN, 0};
  const int limit = static_cast<int>(std::chrono::milliseconds(longest_program).count());
  if (::poll(&ended, 1, limit) == 0) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string content_of(int fd) {
  std::string text;
  char chunk[4096];
  for (ssize_t n = 0;
       (n = ::pread(fd, chunk, sizeof chunk, static_cast<off_t>(text.size()))) > 0;) {
    text.append(chunk, static_cast<std::size_t>(n));
  }
  return text;
}

failure ended_early(const launched_daemon& daemon) {
  const int status = daemon.ended.value_or(1);
  const bool invalid = status == code(exit_code::invalid_configuration);
  const std::string how = status > 128 ? "was killed by signal " + std::to_string(status - 128)
                                       : "ended with exit code " + std::to_string(status);
  return {invalid ? exit_code::invalid_configuration : exit_code::failed,
          invalid ? "the daemon refused to start: the configuration is invalid"
                  : "the daemon " + how + " before it answered",
          invalid ? "correct it; `aurorctl validate` checks it" : "its log is " + daemon.log,
          daemon.last_lines(20)};
}

}  // namespace

std::optional<int> launched_daemon::poll() {
  if (ended || pid <= 0) return ended;
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return ended;
  ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended;
}

std::vector<std::string> launched_daemon::last_lines(std::size_t most) const {
  std::string text;
  try {
    text = read_file(log, "the daemon's log");
  } catch (const failure&) {
    return {};
  }
  std::vector<std::string> lines;
  std::string_view rest(text);
  rest.remove_prefix(std::min<std::size_t>(rest.size(), log_began));
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<long>(most));
  return lines;
}

launched_daemon launch_daemon(const invocation& given, const std::string& start_delay) {
  const std::string config = require_config(given);
  const std::string state_dir = find_state_dir(given);
  const daemon_log_file log(state_dir);
  launched_daemon daemon;
  daemon.log = state_dir + "/logs/aurorad.log";
  daemon.log_began = log.size();
  std::string program = program_named("aurorad");
  std::string arguments[] = {program,   "--config",      config,     "--state-dir",
                             state_dir, "--start-delay", start_delay};
  char* argv[std::size(arguments) + 1] = {};
  const std::size_t count = std::size(arguments) - (start_delay.empty() ? 2 : 0);
  for (std::size_t i = 0; i < count; ++i) argv[i] = arguments[i].data();
  const spawn_setup setup(log.file.fd);
  const int error = ::posix_spawnp(&daemon.pid, program.c_str(), &setup.actions, &setup.attributes,
                                   argv, environ);
  if (error == ENOENT && program == "aurorad") {
    throw failure(
        exit_code::failed,
        "cannot start the daemon: there is no 'aurorad' in '" + own_directory() + "' nor on PATH",
        "install it beside aurorctl");
  }
  if (error != 0) throw cannot("start the daemon", program, error);
  return daemon;
}

int launch_tls(int socket, std::string host, std::string port) {
  std::string program = program_named("aurorctl-tls");
  const opened silence(::open("/dev/null", O_WRONLY | O_CLOEXEC), "open", "/dev/null");
  const spawn_setup setup(silence.fd, socket);
  char* argv[] = {program.data(), host.data(), port.data(), nullptr};
  pid_t pid = -1;
  return ::posix_spawnp(&pid, program.c_str(), &setup.actions, &setup.attributes, argv, environ);
}

int replace_by(const std::string& name) {
  std::ifstream given("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(given, word, '\0');) words.push_back(word);
  if (words.empty()) return EIO;
  words.front() = program_named(name);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv.front(), argv.data());
  return errno;
}

bool open_in_browser(const std::string& file) {
  const char* browsers = std::getenv("BROWSER");
  std::string list = browsers == nullptr ? "" : std::string(browsers) + ":";
  list += "xdg-open";
  const opened silence(::open("/dev/null", O_WRONLY | O_CLOEXEC), "open", "/dev/null");
  const spawn_setup setup(silence.fd);
  for (std::string_view rest(list); !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    std::string program(rest.substr(0, end)), argument(file);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    char* argv[] = {program.data(), argument.data(), nullptr};
    pid_t pid = -1;
    const int error = program.empty() ? ENOENT
                                      : ::posix_spawnp(&pid, program.c_str(), &setup.actions,
                                                       &setup.attributes, argv, environ);
    if (error == 0) return true;
  }
  return false;
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  const std::string all = own_directory() + ":" + (path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string_view rest(all); !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    const std::string file = absolute(std::string(rest.substr(0, end)) + "/" + name);
    if (end > 0 && ::access(file.c_str(), X_OK) == 0) return file;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::string program_result::how() const {
  if (status < 0) return std::string("cannot be started: ") + std::strerror(error);
  if (status > 128) return "was killed by signal " + std::to_string(status - 128);
  return "ended with exit code " + std::to_string(status);
}

program_result run_program(std::vector<std::string> words, const std::string& input) {
  const auto in_memory = [] { return ::memfd_create("aurorctl", MFD_CLOEXEC); };
  const opened in(in_memory(), "open", "memory"), out(in_memory(), "open", "memory"),
      err(in_memory(), "open", "memory");
  if (::pwrite(in.fd, input.data(), input.size(), 0) != static_cast<ssize_t>(input.size())) {
    throw cannot("write", "memory", errno);
  }
  const spawn_setup setup(out.fd, in.fd, err.fd);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  program_result result;
  pid_t pid = -1;
  result.error =
      ::posix_spawnp(&pid, argv.front(), &setup.actions, &setup.attributes, argv.data(), environ);
  if (result.error != 0) return result;
  result.status = end_of(pid);
  result.out = content_of(out.fd);
  result.err = content_of(err.fd);
  return result;
}

asio::awaitable<bool> daemon_answers(client& api) {
  bool answers = true;
  try {
    co_await api.get("/healthz");
  } catch (const failure& error) {
    if (error.code != exit_code::no_daemon) throw;
    answers = false;
  }
  co_return answers;
}

namespace {

/// A tenth of what was waited already: soon for one that starts at once, and no load on a machine
/// where a hundred wait for a slow one.
std::chrono::milliseconds until_next_look(steady::duration waited) {
  using std::chrono::milliseconds;
  const auto tenth = std::chrono::duration_cast<milliseconds>(waited / 10);
  return std::clamp(tenth, milliseconds(1), milliseconds(200));
}

}  // namespace

asio::awaitable<void> await_daemon(context& c, client& api, launched_daemon& daemon) {
  const auto limit = c.given.timeout.value_or(default_launch_limit);
  const auto began = steady::now();
  auto until = began + limit;
  bool lost_the_race = false;
  for (;;) {
    if (co_await daemon_answers(api)) co_return;
    if (daemon.poll() && !lost_the_race) {
      // Exit code 1 is also what the loser of two starts at once gets; then the winner answers
      // soon.
      if (daemon.ended != code(exit_code::failed)) throw ended_early(daemon);
      lost_the_race = true;
      until = std::min(until, steady::now() + race_limit);
    }
    if (steady::now() >= until) {
      if (lost_the_race) throw ended_early(daemon);
      throw failure(exit_code::timed_out, "the daemon does not answer after " + human(limit),
                    "its log is " + daemon.log, daemon.last_lines(20));
    }
    co_await pause(until_next_look(steady::now() - began));
  }
}

asio::awaitable<std::optional<launched_daemon>> ensure_daemon(context& c, client& api) {
  std::optional<launched_daemon> daemon;
  if (co_await daemon_answers(api)) co_return daemon;
  if (c.given.host) {
    throw failure(exit_code::no_daemon, "no daemon is reachable at '" + api.where().shown + "'",
                  "with --host none is started: run `aurorctl up` on the machine itself");
  }
  daemon = launch_daemon(c.given);
  co_await await_daemon(c, api, *daemon);
  co_return daemon;
}

}  // namespace aurora::ctl

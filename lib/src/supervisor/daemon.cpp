#include <aurora/daemon.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstdio>
#include <random>
#include <utility>

#include <aurora/config.hpp>

#include "reactor/child/child.hpp"
#include "reactor/readiness/notify_socket.hpp"
#include "server/server.hpp"
#include "server/unix_socket.hpp"
#include "supervisor/control.hpp"
#include "supervisor/disk_source.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/prerequisites.hpp"
#include "supervisor/trust.hpp"

namespace aurora {
namespace {

namespace asio = boost::asio;

constexpr int exit_failure = 1;
constexpr int exit_bad_configuration = 6;

/// For what is to be done when nothing of the stack is left: answers under way, a last save. Only a
/// disk that does not answer takes so long.
constexpr auto longest_end = std::chrono::seconds(10);

void complain(const std::string& text) {
  const std::string line = "aurorad: " + text + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t n = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

// 0, 1 and 2 may come closed (from an init, from a careless parent): the next socket would become
// stderr.
void open_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) ::close(fd);
}

// Between here and the loop they would end the daemon; what they ask for is done anyway, or never.
void ignore_early_signals() {
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
}

void prepare_process() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);  // a blocked mask is inherited over exec
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  ::umask(027);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  reactor::raise_own_limits();
  reactor::protect_from_oom();
}

std::optional<shell::log_level> level_named(const std::string& name) {
  if (name == "error") return shell::log_level::error;
  if (name == "warning") return shell::log_level::warning;
  if (name == "info") return shell::log_level::info;
  if (name == "debug") return shell::log_level::debug;
  return std::nullopt;
}

struct unknown_group {
  std::string words;
};

boost::system::result<std::optional<gid_t>, unknown_group> group_named(
    const std::optional<std::string>& name) {
  if (!name) return std::optional<gid_t>();
  if (const group* entry = ::getgrnam(name->c_str())) return std::optional<gid_t>(entry->gr_gid);
  return unknown_group{
      fmt::format("control.group: there is no group \"{0}\" (groupadd --system {0}?)", *name)};
}

/// The daemon once its configuration is read and its lock is held.
class daemon {
 public:
  daemon(stack_spec stack, const std::string& state_dir, shell::log_level level,
         std::optional<gid_t> control_group)
      : log_(STDERR_FILENO, level),
        config_file_(stack.config_file),
        control_group_(control_group),
        stop_services_(loop_, SIGTERM, SIGINT),
        others_(loop_, SIGHUP, SIGUSR1, SIGUSR2),
        orphans_(loop_.get_executor()),
        driver_(loop_.get_executor(), std::move(stack), driver_options(state_dir)),
        control_(driver_, control_options()),
        server_(loop_.get_executor(), control_, driver_.workers(), server_options()),
        tasks_(loop_.get_executor()) {}

  /// `address` that is to be listened on, empty: none.
  int run(duration start_delay, const std::string& address) {
    // Before anybody can ask for anything: the next save replaces what was not read.
    if (const auto loaded = driver_.load(); !loaded) {
      complain(loaded.error());
      return exit_failure;
    }
    const mode_t mode = control_group_ ? 0660 : 0600;
    const auto listener = server::bind_unix_socket(driver_.paths().socket, mode, control_group_);
    if (!listener) {
      complain(fmt::format("cannot listen on '{}': {}", driver_.paths().socket,
                           listener.error().message()));
      return exit_failure;
    }
    if (!address.empty())
      driver_.warn("http", fmt::format("nothing listens on {}: this version answers on the control "
                                       "socket alone (\"off\" silences this)",
                                       address));
    driver_.open();
    tasks_.spawn(watch_for_end());
    tasks_.spawn(watch_for_others());
    tasks_.spawn(keep_watchdog());
    orphans_.start();
    server_.listen(*listener);
    tasks_.spawn(begin(start_delay));
    loop_.run();
    ::unlink(driver_.paths().socket.c_str());
    return code_;
  }

 private:
  shell::driver::options driver_options(const std::string& state_dir) {
    shell::driver::options how;
    how.state_dir = state_dir;
    how.seed = std::random_device{}();
    how.log = &log_;
    how.on_down = [this](std::optional<int> code) {
      if (code) code_ = *code;
      tasks_.spawn(end());
    };
    return how;
  }

  shell::control::options control_options() {
    shell::control::options how;
    how.config_file = config_file_;
    how.on_shutdown = [this](bool force) { go_down(force); };
    return how;
  }

  server::server_options server_options() {
    server::server_options how;
    how.log_dir = driver_.paths().logs;
    how.run_dir = driver_.paths().run;
    how.group = control_group_;
    return how;
  }

  asio::awaitable<void> begin(duration start_delay) {
    if (start_delay > duration{}) {
      delay_.expires_after(start_delay);
      co_await delay_.async_wait(reactor::tok);
    }
    if (going_down_) co_return;
    log_.write(shell::log_level::info, fmt::format("aurorad started, pid {}, state in {}",
                                                   ::getpid(), driver_.paths().root));
    driver_.begin();
    reactor::notify_systemd("READY=1\nSTATUS=supervising");
  }

  void go_down(bool force) {
    if (force) code_ = exit_failure;
    if (!going_down_) {
      going_down_ = true;
      delay_.cancel();
      reactor::notify_systemd("STOPPING=1");
      log_.write(shell::log_level::info, "shutting down");
      driver_.post(core::event::shutdown{});
    }
    if (force) driver_.post(core::event::kill_all{});
  }

  asio::awaitable<void> watch_for_end() {
    for (;;) {
      const auto [ec, number] = co_await stop_services_.async_wait(reactor::tok);
      if (ec) co_return;
      // A signal after `aurorctl down` is the first signal all the same.
      const bool again = std::exchange(signalled_, true);
      if (again && ending_) leave("asked to end twice");
      go_down(again);
    }
  }

  asio::awaitable<void> watch_for_others() {
    for (;;) {
      const auto [ec, number] = co_await others_.async_wait(reactor::tok);
      if (ec) co_return;
      if (number == SIGUSR1) driver_.reopen_logs();
      if (number == SIGUSR2)
        driver_.log(shell::log_level::warning,
                    "SIGUSR2: an upgrade in place is not available in this version, nothing was "
                    "done: stop the daemon and start the new one");
      if (number == SIGHUP && !going_down_) tasks_.spawn(reload());
    }
  }

  // Twice in each span, as sd_watchdog_enabled(3) recommends. From the loop: a loop that hangs is
  // what systemd is to find.
  asio::awaitable<void> keep_watchdog() {
    const auto within = reactor::systemd_watchdog();
    while (within && !over_) {
      reactor::notify_systemd("WATCHDOG=1");
      ping_.expires_after(*within / 2);
      co_await ping_.async_wait(reactor::tok);
    }
  }

  asio::awaitable<void> reload() {
    reactor::notify_systemd("RELOADING=1");
    auto reloading = control_.reload(std::nullopt);
    const auto done = co_await std::move(reloading);
    if (!done)
      for (const auto& fault : done.error().errors) log_.write(shell::log_level::error, fault);
    log_.flush();
    reactor::notify_systemd("READY=1");
  }

  // Nothing of the stack is left: end the tasks, so that the loop runs empty.
  asio::awaitable<void> end() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    ending_ = true;
    tasks_.spawn(limit_the_end());
    co_await server_.stop();
    co_await driver_.stop();
    orphans_.stop();
    log_.write(shell::log_level::info, "all services are stopped");
    log_.flush();
    stop_services_.cancel();
    others_.cancel();
    delay_.cancel();
    over_ = true;
    ping_.cancel();
  }

  asio::awaitable<void> limit_the_end() {
    delay_.expires_after(longest_end);
    const auto [ended] = co_await delay_.async_wait(reactor::tok);
    if (!ended) leave("the disk does not answer");
  }

  // Threads that hang in the kernel can be waited for only by dying.
  [[noreturn]] void leave(const char* why) {
    log_.write(shell::log_level::error,
               fmt::format("all services are stopped; ending without the last save or the last "
                           "reads of logs: {}",
                           why));
    log_.flush();
    ::unlink(driver_.paths().socket.c_str());
    ::_exit(exit_failure);
  }

  asio::io_context loop_{1};
  shell::daemon_log log_;
  std::string config_file_;
  std::optional<gid_t> control_group_;
  int code_ = 0;
  bool going_down_ = false;
  bool signalled_ = false;
  bool ending_ = false;
  bool over_ = false;
  asio::signal_set stop_services_, others_;
  asio::steady_timer delay_{loop_};  // of the start, then of the end
  asio::steady_timer ping_{loop_};
  reactor::orphan_reaper orphans_;
  shell::driver driver_;
  shell::control control_;
  server::server server_;
  reactor::task_scope tasks_;
};

std::optional<stack_spec> read_configuration(const std::string& path) {
  disk_source disk;
  auto loaded = load_config(path, disk);
  if (const auto unsafe = shell::unsafe_for_root(loaded.files)) {
    complain(*unsafe);
    return std::nullopt;
  }
  fault_context context(path, disk);
  for (const auto& fault : loaded.faults) {
    auto shown = to_string(fault) + "\n" + context.of(fault);
    shown.pop_back();
    complain(shown);
  }
  return std::move(loaded.stack);
}

/// Where somebody wants the TCP listener to be; the default of the configuration is no wish.
std::string address_asked_for(const daemon_options& options, const stack_spec& stack) {
  const std::string address = options.http ? *options.http : stack.http_listen;
  const bool wanted = address != "off" && (options.http || stack.http_asked_for);
  return wanted ? address : "";
}

}  // namespace

int run_daemon(const daemon_options& options) {
  open_standard_descriptors();
  ignore_early_signals();
  const std::string config = find_config(options.config);
  if (config.empty()) {
    complain("there is no aurora.json here and none in /etc/aurora: give one with --config");
    return exit_bad_configuration;
  }
  const auto level = level_named(options.log_level);
  if (!level) return 2;
  auto stack = read_configuration(config);
  if (!stack) return exit_bad_configuration;
  const auto group = group_named(stack->control_group);
  if (!group) {
    complain(group.error().words);
    return exit_bad_configuration;
  }
  const shell::state_paths paths(find_state_dir(options.state_dir, stack->state_dir, config));
  prepare_process();
  if (auto ready = shell::prepare(paths, *group); !ready) {
    complain(ready.error());
    return exit_failure;
  }
  const auto lock = shell::state_lock::take(paths.lock);
  if (!lock) {
    complain(lock.error());
    return exit_failure;
  }
  if (const auto missing = shell::missing_prerequisites(*stack); !missing.empty()) {
    for (const auto& one : missing) complain(one);
    return exit_failure;
  }
  const std::string address = address_asked_for(options, *stack);
  daemon running(std::move(*stack), paths.root, *level, *group);
  return running.run(options.start_delay, address);
}

}  // namespace aurora

#include "supervisor/reactor_process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <random>
#include <system_error>
#include <utility>

#include "reactor/readiness/notify_socket.hpp"
#include "server/unix_socket.hpp"
#include "supervisor/start_up_memory.hpp"

namespace aurora::shell {
namespace {

/// The name under which the keeper holds the control socket; no instance is called so.
constexpr const char* control_name = "@control";

/// Of the start of the daemon: what it needs after that it will need again.
constexpr auto start_time = std::chrono::seconds(1);

// All are blocked until the handlers stand: what came before is not lost, and a mask that somebody
// left blocked is not inherited.
void take_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

reactor_process::reactor_process(asio::io_context& loop, reactor::keeper_link& keeper, setup how,
                                 std::string program, std::span<const page_file> page)
    : loop_(loop),
      keeper_(keeper),
      page_(page),
      how_(std::move(how)),
      program_(std::move(program)),
      log_(STDERR_FILENO, how_.level),
      config_file_(how_.stack.config_file),
      stop_services_(loop_, SIGTERM, SIGINT),
      others_(loop_, SIGHUP, SIGUSR1, SIGUSR2),
      orphans_(loop_.get_executor()),
      driver_(loop_.get_executor(), std::move(how_.stack), driver_options()),
      control_(driver_, control_options()),
      server_(loop_.get_executor(), control_, driver_.workers(), server_options()),
      http_(driver_, server_, http_options()),
      tasks_(loop_.get_executor()) {}

int reactor_process::run() {
  try {
    return run_loop();
  } catch (const boost::system::system_error& fault) {
    give_up(fault.what());
  } catch (const std::system_error& fault) {
    give_up(fault.what());
  } catch (const std::bad_alloc&) {
    give_up("out of memory");
  }
}

int reactor_process::run_loop() {
  take_signals();
  // Before anybody can ask for anything: the next save replaces what was not read.
  if (const auto loaded = driver_.load(); !loaded) give_up(loaded.error());
  const auto listener = open_listener();
  if (!listener)
    give_up(fmt::format("cannot listen on '{}': {}", driver_.paths().socket,
                        listener.error().message()));
  keeper_.on_gone = [this] {
    how_.lock->name_holder(::getpid());
    driver_.warn("keeper", fmt::format("the keeper (pid {}) is gone: services run on, but would "
                                       "not outlive this process as before; start aurorad again "
                                       "when it suits (kill -9 {} first: nothing is lost)",
                                       keeper_.keeper_pid(), ::getpid()));
  };
  keeper_.start();
  if (const auto taken = driver_.take_over(std::move(how_.left)); !taken) give_up(taken.error());
  driver_.warn("state directory", how_.volatile_because);
  driver_.open();
  tasks_.spawn(watch_for_end());
  tasks_.spawn(watch_for_others());
  tasks_.spawn(keep_watchdog());
  orphans_.start();
  server_.listen(*listener);
  http_.open();
  tasks_.spawn(begin());
  loop_.run();
  return code_;
}

void reactor_process::give_up(const std::string& words) {
  log_.flush();
  complain(words);
  ::_exit(exit_failure);
}

driver::options reactor_process::driver_options() {
  driver::options how;
  how.state_dir = how_.state_dir;
  how.remembers = true;
  how.cgroups = true;
  how.keeper = &keeper_;
  how.kept = std::move(how_.kept);
  how.seed = std::random_device{}();
  how.log = &log_;
  how.on_going_down = [this] {
    bound_.expires_after(driver_.engine().stack().shutdown_timeout + longest_death);
    tasks_.spawn(limit_going_down());
  };
  how.on_down = [this](std::optional<int> code) {
    if (code) code_ = *code;
    tasks_.spawn(end());
  };
  return how;
}

control::options reactor_process::control_options() {
  control::options how;
  how.config_file = config_file_;
  how.keeper_pid = keeper_.keeper_pid();
  how.on_shutdown = [this](bool force) { go_down(force); };
  how.standing = [this] { return keeper_.standing(); };
  how.on_upgrade = [this] { return upgrade(); };
  how.on_reload = [this] { http_.renew(); };
  return how;
}

server::server_options reactor_process::server_options() {
  server::server_options how;
  how.log_dir = driver_.paths().logs;
  how.run_dir = driver_.paths().run;
  how.group = how_.control_group;
  how.token = how_.token;
  how.page = page_;
  return how;
}

http_listener::options reactor_process::http_options() {
  http_listener::options how;
  how.address = how_.address;
  how.hosts = driver_.engine().stack().http_hosts;
  how.tls = driver_.engine().stack().http_tls;
  how.token_fault = how_.token_fault;
  how.on_listening = [this](std::string url) { control_.set_http_url(std::move(url)); };
  return how;
}

boost::system::result<int> reactor_process::open_listener() {
  auto kept = driver_.take_kept(keeper::kind::socket, control_name, 0);
  if (kept) return {boost::system::in_place_value, kept.release()};
  const mode_t mode = how_.control_group ? 0660 : 0600;
  auto made = server::bind_unix_socket(driver_.paths().socket, mode, how_.control_group);
  if (made) keeper_.hold(keeper::kind::socket, control_name, 0, *made);
  return made;
}

asio::awaitable<void> reactor_process::begin() {
  const bool first = keeper_.generation() == 0;
  if (first && how_.start_delay > duration{}) {
    delay_.expires_after(how_.start_delay);
    co_await delay_.async_wait(reactor::tok);
  }
  if (going_down_ || successor_) co_return;
  log_.write(log_level::info, fmt::format("aurorad {}, pid {} (keeper {}), state in {}",
                                          first ? "started" : "is back", ::getpid(),
                                          keeper_.keeper_pid(), driver_.paths().root));
  if (keeper_.standing() == keeper::standing::gone_back)
    driver_.warn("upgrade",
                 "the new program did not stand its first seconds: this is the one "
                 "from before it; its last words are in this log");
  driver_.begin();
  going_down_ = driver_.engine().shutting_down();
  if (how_.next && !going_down_) driver_.apply(*how_.next);
  how_.next.reset();
  if (how_.to_save) driver_.save_configuration(*std::exchange(how_.to_save, std::nullopt));
  keeper_.ready();
  tell_manager("READY=1\nSTATUS=supervising");
  tasks_.spawn(come_to_rest());
}

void reactor_process::tell_manager(std::string_view text) {
  if (keeper_.alive()) return keeper_.notify(text);
  reactor::notify_systemd(text);
}

// A signal may be delivered in the turn in which the waits are cancelled: it is over then, and
// nobody would cancel another wait.
asio::awaitable<void> reactor_process::watch_for_end() {
  for (;;) {
    const auto [ec, number] = co_await stop_services_.async_wait(reactor::tok);
    if (ec || over_) co_return;
    // A signal after `aurorctl down` is the first signal all the same.
    const bool again = std::exchange(signalled_, true);
    if (again && ending_) leave(without_the_disk("asked to end twice"));
    go_down(again);
  }
}

asio::awaitable<void> reactor_process::watch_for_others() {
  for (;;) {
    const auto [ec, number] = co_await others_.async_wait(reactor::tok);
    if (ec || over_) co_return;
    if (number == SIGUSR1) driver_.reopen_logs();
    if (number == SIGUSR2) tasks_.spawn(upgrade_by_signal());
    if (number == SIGHUP && !going_down_) tasks_.spawn(reload());
  }
}

asio::awaitable<void> reactor_process::keep_watchdog() {
  const auto within = reactor::systemd_watchdog(keeper_.keeper_pid());
  while (within && !over_) {
    tell_manager("WATCHDOG=1");
    ping_.expires_after(*within / 2);
    co_await ping_.async_wait(reactor::tok);
  }
}

asio::awaitable<void> reactor_process::come_to_rest() {
  do {
    rest_.expires_after(start_time);
    const auto [sooner] = co_await rest_.async_wait(reactor::tok);
    if (sooner || over_) co_return;
  } while (driver_.starting());
  give_back_start_up_memory();
}

asio::awaitable<void> reactor_process::reload() {
  tell_manager("RELOADING=1");
  auto reloading = control_.reload(std::nullopt);
  const auto done = co_await std::move(reloading);
  if (!done)
    for (const auto& fault : done.error().errors) log_.write(log_level::error, fault);
  log_.flush();
  tell_manager("READY=1");
}

}  // namespace aurora::shell

#include <aurora/daemon.hpp>
#include <aurora/version.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstdio>
#include <new>
#include <random>
#include <span>
#include <utility>

#include "keeper/keeper.hpp"
#include "reactor/child/child.hpp"
#include "reactor/keeper/keeper_link.hpp"
#include "reactor/readiness/notify_socket.hpp"
#include "server/server.hpp"
#include "server/unix_socket.hpp"
#include "supervisor/control.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/http_listener.hpp"
#include "supervisor/in_place.hpp"
#include "supervisor/preparation.hpp"
#include "supervisor/upgrade.hpp"

namespace aurora {
namespace {

namespace asio = boost::asio;
using shell::complain;
using shell::exit_failure;

/// The name under which the keeper holds the control socket; no instance is called so.
constexpr const char* control_name = "@control";

/// For what is to be done when nothing of the stack is left: answers under way, a last save. Only a
/// disk that does not answer takes so long.
constexpr auto longest_end = std::chrono::seconds(10);

/// The same before another program takes over, while clients wait: it goes on after a killed one,
/// too. And of replies under way.
constexpr auto longest_hand_over = std::chrono::seconds(2);
constexpr auto hand_over_drain = std::chrono::milliseconds(50);

/// From SIGKILL to the end of whoever got it, on the slowest of machines.
constexpr auto longest_death = std::chrono::seconds(10);

// All are blocked until the handlers stand: what came before is not lost, and a mask that somebody
// left blocked is not inherited.
void take_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

class daemon {
 public:
  /// program: where this one was executed from.
  daemon(asio::io_context& loop, reactor::keeper_link& keeper, shell::setup how,
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
        driver_(loop_.get_executor(), how_.stack, driver_options()),
        control_(driver_, control_options()),
        server_(loop_.get_executor(), control_, driver_.workers(), server_options()),
        http_(driver_, server_, http_options()),
        tasks_(loop_.get_executor()) {}

  /// What the system refuses is told, and ends this process: whoever may have services running does
  /// not guess. The keeper starts another one.
  int run() {
    try {
      return run_loop();
    } catch (const boost::system::system_error& fault) {
      give_up(fault.what());
    } catch (const std::bad_alloc&) {
      give_up("out of memory");
    }
  }

 private:
  int run_loop() {
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

  /// Tasks are under way, and nothing of theirs may be ended in order.
  [[noreturn]] void give_up(const std::string& words) {
    log_.flush();
    complain(words);
    ::_exit(exit_failure);
  }

  shell::driver::options driver_options() {
    shell::driver::options how;
    how.state_dir = how_.state_dir;
    how.remembers = true;
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

  shell::control::options control_options() {
    shell::control::options how;
    how.config_file = config_file_;
    how.keeper_pid = keeper_.keeper_pid();
    how.on_shutdown = [this](bool force) { go_down(force); };
    how.standing = [this] { return keeper_.standing(); };
    how.on_upgrade = [this] { return upgrade(); };
    how.on_reload = [this] { http_.renew(); };
    return how;
  }

  server::server_options server_options() {
    server::server_options how;
    how.log_dir = driver_.paths().logs;
    how.run_dir = driver_.paths().run;
    how.group = how_.control_group;
    how.token = how_.token;
    how.page = page_;
    return how;
  }

  shell::http_listener::options http_options() {
    shell::http_listener::options how;
    how.address = how_.address;
    how.hosts = how_.stack.http_hosts;
    how.tls = how_.stack.http_tls;
    how.token_fault = how_.token_fault;
    how.on_listening = [this](std::string url) { control_.set_http_url(std::move(url)); };
    return how;
  }

  /// The one that the keeper holds: who connected while there was no reactor is answered now.
  boost::system::result<int> open_listener() {
    auto kept = driver_.take_kept(keeper::kind::socket, control_name, 0);
    if (kept) return {boost::system::in_place_value, kept.release()};
    const mode_t mode = how_.control_group ? 0660 : 0600;
    auto made = server::bind_unix_socket(driver_.paths().socket, mode, how_.control_group);
    if (made) keeper_.hold(keeper::kind::socket, control_name, 0, *made);
    return made;
  }

  asio::awaitable<void> begin() {
    const bool first = keeper_.generation() == 0;
    if (first && how_.start_delay > duration{}) {
      delay_.expires_after(how_.start_delay);
      co_await delay_.async_wait(reactor::tok);
    }
    if (going_down_) co_return;
    log_.write(shell::log_level::info, fmt::format("aurorad {}, pid {} (keeper {}), state in {}",
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
  }

  /// systemd listens to its main process, which is the keeper.
  void tell_manager(std::string_view text) {
    if (keeper_.alive()) return keeper_.notify(text);
    reactor::notify_systemd(text);
  }

  void go_down(bool force) {
    if (force) code_ = exit_failure;
    if (!going_down_) {
      going_down_ = true;
      delay_.cancel();
      tell_manager("STOPPING=1");
      log_.write(shell::log_level::info, "shutting down");
      driver_.post(core::event::shutdown{});
    }
    if (!force) return;
    driver_.post(core::event::kill_all{});
    bound_.expires_after(longest_death);
  }

  asio::awaitable<void> watch_for_end() {
    for (;;) {
      const auto [ec, number] = co_await stop_services_.async_wait(reactor::tok);
      if (ec) co_return;
      // A signal after `aurorctl down` is the first signal all the same.
      const bool again = std::exchange(signalled_, true);
      if (again && ending_) leave(without_the_disk("asked to end twice"));
      go_down(again);
    }
  }

  asio::awaitable<void> watch_for_others() {
    for (;;) {
      const auto [ec, number] = co_await others_.async_wait(reactor::tok);
      if (ec) co_return;
      if (number == SIGUSR1) driver_.reopen_logs();
      if (number == SIGUSR2) tasks_.spawn(upgrade_by_signal());
      if (number == SIGHUP && !going_down_) tasks_.spawn(reload());
    }
  }

  // Twice in each span, as sd_watchdog_enabled(3) recommends. From the loop: a loop that hangs is
  // what systemd is to find.
  asio::awaitable<void> keep_watchdog() {
    const auto within = reactor::systemd_watchdog(keeper_.keeper_pid());
    while (within && !over_) {
      tell_manager("WATCHDOG=1");
      ping_.expires_after(*within / 2);
      co_await ping_.async_wait(reactor::tok);
    }
  }

  asio::awaitable<void> reload() {
    tell_manager("RELOADING=1");
    auto reloading = control_.reload(std::nullopt);
    const auto done = co_await std::move(reloading);
    if (!done)
      for (const auto& fault : done.error().errors) log_.write(shell::log_level::error, fault);
    log_.flush();
    tell_manager("READY=1");
  }

  asio::awaitable<server::answer<upgrade_report>> upgrade() {
    if (going_down_ || upgrading_)
      co_return shell::upgrade_refused(
          going_down_ ? "the daemon is shutting down" : "another upgrade is under way", "");
    if (program_.empty())
      co_return shell::upgrade_refused("it is not known where this program was started from", "");
    if (!keeper_.alive())
      co_return shell::upgrade_refused(
          "the keeper, which would execute the new program, is gone",
          "start aurorad again: it takes over what runs (see `status` for how)");
    upgrading_ = true;
    auto testing = shell::test_successor(program_, driver_.paths().root);
    auto tested = co_await std::move(testing);
    upgrading_ = tested.has_value() && !going_down_;
    if (!tested) co_return tested.error();
    if (!upgrading_) co_return shell::upgrade_refused("the daemon is shutting down", "");
    successor_ = std::move(tested->program);
    log_.write(shell::log_level::info,
               fmt::format("upgrade: aurorad {} from '{}' takes over", tested->version, program_));
    tasks_.spawn(hand_over());
    co_return upgrade_report{aurora::version, tested->version};
  }

  asio::awaitable<void> upgrade_by_signal() {
    auto upgrading = upgrade();
    const auto begun = co_await std::move(upgrading);
    if (begun) co_return;
    driver_.log(shell::log_level::error,
                fmt::format("SIGUSR2: {}: {}", begun.error().title, begun.error().detail));
  }

  /// Services are left as they are, for a reactor of the other program to go on with.
  asio::awaitable<void> hand_over() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    tell_manager("RELOADING=1");
    keeper_.hold(keeper::kind::program, {}, 0, successor_.get());
    tasks_.spawn(limit_hand_over());
    auto closing = close_down(hand_over_drain);
    co_await std::move(closing);
    keeper_.replace();
    co_await keeper_.stop();
  }

  asio::awaitable<void> limit_hand_over() {
    delay_.expires_after(longest_hand_over);
    const auto [ended] = co_await delay_.async_wait(reactor::tok);
    if (ended) co_return;
    log_.flush();
    keeper_.replace();
    keeper_.flush();
    ::_exit(exit_failure);
  }

  // Nothing of the stack is left: end the tasks, so that the loop runs empty.
  asio::awaitable<void> end() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    ending_ = true;
    bound_.cancel();
    tasks_.spawn(limit_the_end());
    auto closing = close_down(std::nullopt);
    co_await std::move(closing);
    ::unlink(driver_.paths().socket.c_str());
    keeper_.leaving(code_);
    co_await keeper_.stop();
  }

  asio::awaitable<void> close_down(std::optional<duration> drain) {
    co_await http_.stop();
    co_await server_.stop(drain);
    co_await driver_.stop();
    orphans_.stop();
    if (ending_) log_.write(shell::log_level::info, "all services are stopped");
    log_.flush();
    stop_services_.cancel();
    others_.cancel();
    delay_.cancel();
    over_ = true;
    bound_.cancel();
    ping_.cancel();
  }

  /// Everything is killed by then, and what SIGKILL does not end (a process that the kernel does
  /// not let go of) must not hold up the machine's.
  asio::awaitable<void> limit_going_down() {
    while (!ending_ && !over_) {
      const auto [sooner] = co_await bound_.async_wait(reactor::tok);
      if (!sooner && !ending_ && !over_) leave("not ended by SIGKILL, and left behind: " + left_behind());
    }
  }

  std::string left_behind() {
    std::string told;
    auto& engine = driver_.engine();
    for (const auto id : engine.instances()) {
      if (!engine.alive(id)) continue;
      const auto pid = engine.status(id, {}).pid;
      told += (told.empty() ? "" : ", ") + engine.name(id);
      if (pid) told += fmt::format(" (pid {})", *pid);
    }
    return told + "; the next aurorad on this state directory takes them over";
  }

  asio::awaitable<void> limit_the_end() {
    delay_.expires_after(longest_end);
    const auto [ended] = co_await delay_.async_wait(reactor::tok);
    if (!ended) leave(without_the_disk("the disk does not answer"));
  }

  static std::string without_the_disk(std::string_view why) {
    return fmt::format(
        "all services are stopped; ending without the last save or the last reads of logs: {}",
        why);
  }

  // Threads that hang in the kernel can be waited for only by dying.
  [[noreturn]] void leave(const std::string& words) {
    log_.write(shell::log_level::error, words);
    log_.flush();
    ::unlink(driver_.paths().socket.c_str());
    keeper_.leaving(exit_failure);
    keeper_.flush();
    ::_exit(exit_failure);
  }

  asio::io_context& loop_;
  reactor::keeper_link& keeper_;
  std::span<const page_file> page_;
  shell::setup how_;
  std::string program_;
  reactor::unique_fd successor_;
  shell::daemon_log log_;
  std::string config_file_;
  int code_ = 0;
  bool going_down_ = false;
  bool signalled_ = false;
  bool ending_ = false;
  bool over_ = false;
  bool upgrading_ = false;
  asio::signal_set stop_services_, others_;
  asio::steady_timer delay_{loop_};  // of the start, then of the end
  asio::steady_timer bound_{loop_};  // of the shutdown
  asio::steady_timer ping_{loop_};
  reactor::orphan_reaper orphans_;
  shell::driver driver_;
  shell::control control_;
  server::server server_;
  shell::http_listener http_;
  reactor::task_scope tasks_;
};

struct program {
  const daemon_options& options;
  const shell::in_place& place;
};

/// In a process of its own, with all signals blocked.
int prepare_and_run(int link, const program& which) {
  asio::io_context loop(1);
  const auto keeper = reactor::keeper_link::take_over(loop.get_executor(), link);
  if (!keeper) {
    complain("the keeper cannot be heard: " + keeper.error().message());
    return exit_failure;
  }
  shell::preparation prepared(which.options, **keeper);
  if (const auto code = prepared.prepare()) return *code;
  daemon running(loop, **keeper, std::move(prepared.how), which.place.program,
                 which.options.page);
  return running.run();
}

int run_reactor(int link, const program& which) {
  try {
    return prepare_and_run(link, which);
  } catch (const boost::system::system_error& fault) {
    complain(fault.what());
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  }
  return exit_failure;
}

}  // namespace

int run_daemon(const daemon_options& options) {
  keeper::open_standard_descriptors();
  if (options.self_test) return shell::self_test(*options.self_test, options.state_dir);
  shell::in_place place(options.arguments);
  if (options.arguments.empty()) place.program.clear();
  if (place.programs_oom_score) reactor::inherit_programs_oom_score(*place.programs_oom_score);
  reactor::protect_from_oom();
  const program which{options, place};
  if (place.as == shell::in_place::role::reactor) return run_reactor(place.fd, which);
  const auto run = [](int link, void* context) {
    return run_reactor(link, *static_cast<const program*>(context));
  };
  return keeper::keep({run, const_cast<program*>(&which), place.argv(),
                       place.environment(reactor::programs_oom_score())},
                      place.as == shell::in_place::role::keeper ? place.fd : -1);
}

}  // namespace aurora

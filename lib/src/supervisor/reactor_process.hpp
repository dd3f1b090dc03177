#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "reactor/child/child.hpp"
#include "reactor/keeper/keeper_link.hpp"
#include "reactor/task_scope.hpp"
#include "server/server.hpp"
#include "supervisor/control.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/http_listener.hpp"
#include "supervisor/preparation.hpp"

namespace aurora::shell {

namespace asio = boost::asio;

/// From SIGKILL to the end of whoever got it, on the slowest of machines.
constexpr auto longest_death = std::chrono::seconds(10);

/// The process that does all the work of the daemon, from the configuration that it is given to its
/// end (reactor_ending.cpp): an orderly one, or for another program to go on.
class reactor_process {
 public:
  /// program: where this one was executed from.
  reactor_process(asio::io_context& loop, reactor::keeper_link& keeper, setup how,
                  std::string program, std::span<const page_file> page);

  /// What the system refuses is told, and ends this process: whoever may have services running does
  /// not guess. The keeper starts another one.
  int run();

 private:
  int run_loop();

  /// Tasks are under way, and nothing of theirs may be ended in order.
  [[noreturn]] void give_up(const std::string& words);

  driver::options driver_options();

  control::options control_options();

  server::server_options server_options();

  http_listener::options http_options();

  /// The one that the keeper holds: who connected while there was no reactor is answered now.
  boost::system::result<int> open_listener();

  asio::awaitable<void> begin();

  /// systemd listens to its main process, which is the keeper.
  void tell_manager(std::string_view text);

  void go_down(bool force);

  asio::awaitable<void> watch_for_end();

  asio::awaitable<void> watch_for_others();

  /// Twice in each span, as sd_watchdog_enabled(3) recommends. From the loop: a loop that hangs is
  /// what systemd is to find.
  asio::awaitable<void> keep_watchdog();

  /// Once, when what was to be started is.
  asio::awaitable<void> come_to_rest();

  asio::awaitable<void> reload();

  asio::awaitable<server::answer<upgrade_report>> upgrade();

  asio::awaitable<void> upgrade_by_signal();

  /// Services are left as they are, for a reactor of the other program to go on with.
  asio::awaitable<void> hand_over();

  asio::awaitable<void> limit_hand_over();

  /// Nothing of the stack is left: end the tasks, so that the loop runs empty.
  asio::awaitable<void> end();

  asio::awaitable<void> close_down(std::optional<duration> drain);

  /// Everything is killed by then, and what SIGKILL does not end (a process that the kernel does
  /// not let go of) must not hold up the machine's.
  asio::awaitable<void> limit_going_down();

  std::string left_behind();

  asio::awaitable<void> limit_the_end();

  static std::string without_the_disk(std::string_view why);

  /// Threads that hang in the kernel can be waited for only by dying.
  [[noreturn]] void leave(const std::string& words);

  asio::io_context& loop_;
  reactor::keeper_link& keeper_;
  std::span<const page_file> page_;
  setup how_;
  std::string program_;
  reactor::unique_fd successor_;
  daemon_log log_;
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
  asio::steady_timer rest_{loop_};
  reactor::orphan_reaper orphans_;
  driver driver_;
  control control_;
  server::server server_;
  http_listener http_;
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell

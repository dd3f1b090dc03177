#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include <aurora/version.hpp>

#include "supervisor/reactor_process.hpp"
#include "supervisor/upgrade.hpp"

// How the process ends: with the stack, or for a reactor of another program to go on with it.
namespace aurora::shell {
namespace {

/// For what is to be done when nothing of the stack is left: answers under way, a last save. Only a
/// disk that does not answer takes so long.
constexpr auto longest_end = std::chrono::seconds(10);

/// The same before another program takes over, while clients wait: it goes on after a killed one,
/// too. And of replies under way.
constexpr auto longest_hand_over = std::chrono::seconds(2);
constexpr auto hand_over_drain = std::chrono::milliseconds(50);

}  // namespace

void reactor_process::go_down(bool force) {
  if (force) code_ = exit_failure;
  if (!going_down_) {
    going_down_ = true;
    delay_.cancel();
    tell_manager("STOPPING=1");
    log_.write(log_level::info, "shutting down");
    driver_.post(core::event::shutdown{});
  }
  if (!force) return;
  driver_.post(core::event::kill_all{});
  bound_.expires_after(longest_death);
}

asio::awaitable<server::answer<upgrade_report>> reactor_process::upgrade() {
  if (going_down_ || upgrading_)
    co_return upgrade_refused(
        going_down_ ? "the daemon is shutting down" : "another upgrade is under way", "");
  if (program_.empty())
    co_return upgrade_refused("it is not known where this program was started from", "");
  if (!keeper_.alive())
    co_return upgrade_refused(
        "the keeper, which would execute the new program, is gone",
        "start aurorad again: it takes over what runs (see `status` for how)");
  upgrading_ = true;
  auto testing = test_successor(program_, driver_.paths().root);
  auto tested = co_await std::move(testing);
  upgrading_ = tested.has_value() && !going_down_;
  if (!tested) co_return tested.error();
  if (!upgrading_) co_return upgrade_refused("the daemon is shutting down", "");
  successor_ = std::move(tested->program);
  log_.write(log_level::info,
             fmt::format("upgrade: aurorad {} from '{}' takes over", tested->version, program_));
  tasks_.spawn(hand_over());
  co_return upgrade_report{aurora::version, tested->version};
}

asio::awaitable<void> reactor_process::upgrade_by_signal() {
  auto upgrading = upgrade();
  const auto begun = co_await std::move(upgrading);
  if (begun) co_return;
  driver_.log(log_level::error,
              fmt::format("SIGUSR2: {}: {}", begun.error().title, begun.error().detail));
}

asio::awaitable<void> reactor_process::hand_over() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tell_manager("RELOADING=1");
  keeper_.hold(keeper::kind::program, {}, 0, successor_.get());
  tasks_.spawn(limit_hand_over());
  auto closing = close_down(hand_over_drain);
  co_await std::move(closing);
  keeper_.replace();
  co_await keeper_.stop();
}

asio::awaitable<void> reactor_process::limit_hand_over() {
  delay_.expires_after(longest_hand_over);
  const auto [ended] = co_await delay_.async_wait(reactor::tok);
  if (ended) co_return;
  log_.flush();
  keeper_.replace();
  keeper_.flush();
  ::_exit(exit_failure);
}

asio::awaitable<void> reactor_process::end() {
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

asio::awaitable<void> reactor_process::close_down(std::optional<duration> drain) {
  co_await http_.stop();
  co_await server_.stop(drain);
  co_await driver_.stop();
  orphans_.stop();
  if (ending_) log_.write(log_level::info, "all services are stopped");
  log_.flush();
  stop_services_.cancel();
  others_.cancel();
  delay_.cancel();
  over_ = true;
  bound_.cancel();
  ping_.cancel();
  rest_.cancel();
}

asio::awaitable<void> reactor_process::limit_going_down() {
  while (!ending_ && !over_) {
    const auto [sooner] = co_await bound_.async_wait(reactor::tok);
    if (!sooner && !ending_ && !over_)
      leave("not ended by SIGKILL, and left behind: " + left_behind());
  }
}

std::string reactor_process::left_behind() {
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

asio::awaitable<void> reactor_process::limit_the_end() {
  delay_.expires_after(longest_end);
  const auto [ended] = co_await delay_.async_wait(reactor::tok);
  if (!ended) leave(without_the_disk("the disk does not answer"));
}

std::string reactor_process::without_the_disk(std::string_view why) {
  return fmt::format(
      "all services are stopped; ending without the last save or the last reads of logs: {}", why);
}

void reactor_process::leave(const std::string& words) {
  log_.write(log_level::error, words);
  log_.flush();
  ::unlink(driver_.paths().socket.c_str());
  keeper_.leaving(exit_failure);
  keeper_.flush();
  ::_exit(exit_failure);
}

}  // namespace aurora::shell

#include "follower.hpp"

#include <csignal>

namespace aurora::ctl {
namespace {

asio::awaitable<void> note_signal(asio::signal_set& signals, bool& over, latch& something) {
  co_await signals.async_wait(asio::use_awaitable);
  over = true;
  something.set();
}

}  // namespace

follower::follower(context& c, endpoint where, std::vector<std::string> logs)
    : c_(c), where_(std::move(where)), logs_(std::move(logs)), something_(c.io.get_executor()) {}

void follower::on_snapshot(std::uint64_t /*sequence*/, const status_view& /*status*/) {
  if (!logs_.empty()) return;  // "subscribed" comes after it
  stale_ = true;
  wake();
}

void follower::on_subscribed() {
  stale_ = true;
  wake();
}

void follower::on_refused(const failure& why) { tell(c_.err, why); }

void follower::on_lost() {
  if (c_.given.quiet) return;
  c_.err.line(c_.err.paint(colour::dim, "the daemon went away; waiting for it to come back"));
  c_.err.flush();
}

void follower::want(std::vector<std::string> names) {
  more_logs_.insert(more_logs_.end(), names.begin(), names.end());
  wake();
}

/// One that goes away meanwhile is caught up with when it is back.
asio::awaitable<void> follower::catch_up_or_wait(client& api) {
  try {
    co_await catch_up(api);
  } catch (const failure& why) {
    if (why.code != exit_code::no_daemon) throw;
  }
}

asio::awaitable<int> follower::loop(client& api, feed& changes, tasks& beside) {
  const auto until = c_.deadline();
  for (;;) {
    const bool woken = co_await something_.wait(until);
    something_.clear();
    if (!woken) co_return code(exit_code::timed_out);
    if (over_ || beside.faulted()) co_return 0;
    if (!more_logs_.empty()) {
      auto names = std::exchange(more_logs_, {});
      co_await changes.subscribe(std::move(names));
    }
    if (std::exchange(stale_, false)) co_await catch_up_or_wait(api);
    show_pending();
    c_.out.flush();
    if (c_.out.closed()) co_return 0;
  }
}

asio::awaitable<int> follower::follow() {
  const auto executor = c_.io.get_executor();
  client api(executor, where_);
  feed changes(executor, where_, *this, logs_);
  asio::signal_set signals(executor, SIGINT, SIGTERM);
  tasks beside(executor);
  beside.wake_on_fault(&something_);
  beside.start(changes.run(forever));
  beside.start(note_signal(signals, over_, something_));
  co_return co_await with(beside, loop(api, changes, beside));
}

}  // namespace aurora::ctl

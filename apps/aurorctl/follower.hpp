#pragma once

#include <boost/asio/signal_set.hpp>

#include <string>
#include <vector>

#include "client.hpp"
#include "context.hpp"
#include "feed.hpp"

namespace aurora::ctl {

/// Follows something of the stream without gap and without repetition: after each connecting what
/// was missed is fetched while what is new waits, then both are shown in order.
class follower : public listener {
 public:
  /// logs: whose output to subscribe to; empty: events only.
  follower(context& c, endpoint where, std::vector<std::string> logs);

  /// Until SIGINT or SIGTERM, --timeout (124), a closed output, or a fault. Returns the exit code.
  asio::awaitable<int> follow();

  void on_snapshot(std::uint64_t sequence, const status_view& status) override;
  void on_subscribed() override;
  void on_refused(const failure& why) override;
  void on_lost() override;

 protected:
  /// Fetches and shows what was missed: at first and after each reconnecting.
  virtual asio::awaitable<void> catch_up(client& api) = 0;
  /// Shows what came meanwhile.
  virtual void show_pending() = 0;
  /// There is something to show.
  void wake() { something_.set(); }
  /// The logs of these are wanted from now on.
  void want(std::vector<std::string> names);

  context& c_;

 private:
  asio::awaitable<void> catch_up_or_wait(client& api);
  asio::awaitable<int> loop(client& api, feed& changes, tasks& beside);
  endpoint where_;
  std::vector<std::string> logs_;
  std::vector<std::string> more_logs_;
  latch something_;
  bool stale_ = false;
  bool over_ = false;
};

}  // namespace aurora::ctl

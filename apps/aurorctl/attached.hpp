#pragma once

#include <boost/asio/signal_set.hpp>

#include <optional>
#include <string>

#include "client.hpp"
#include "gone.hpp"
#include "launch.hpp"
#include "log_view.hpp"
#include "logs.hpp"

namespace aurora::ctl {

/// A stack in the foreground of a terminal: shows all its output and what happens to it, and is
/// stopped by Ctrl-C; a second one kills and says whom it waited for, a third one leaves.
class attached_stack : public listener {
 public:
  attached_stack(context& c, client& api, std::optional<launched_daemon> launched,
                 const status_view& status, wall_time since);

  /// start: the body of the request to start, empty: nothing is to be started. A signal stops all,
  /// also one that came before. Ends with the daemon.
  asio::awaitable<int> run(std::string start, asio::signal_set& signals);

  void on_snapshot(std::uint64_t sequence, const status_view& status) override;
  void on_service(const service_view& service) override;
  void on_removed(const std::string& name) override;
  void on_subscribed() override;
  void on_refused(const failure& why) override;
  void on_log(const log_line& line) override;
  void on_dropped(std::uint64_t lines) override;
  void on_event(const event_view& event) override;

 private:
  asio::awaitable<void> show(feed& changes);
  asio::awaitable<void> obey(asio::signal_set& signals);
  asio::awaitable<void> read_on(feed& changes);
  asio::awaitable<void> until_gone();
  asio::awaitable<int> until_over();
  asio::awaitable<void> catch_up(client& api);
  asio::awaitable<int> verdict();
  void print(const log_line& line);
  std::vector<std::string> still_alive() const;

  context& c_;
  client& api_;
  std::optional<launched_daemon> launched_;
  status_view status_;
  daemon_end end_;
  log_view view_;
  wall_time since_;
  std::vector<std::string> names_, fresh_;
  std::map<std::string, std::uint64_t> seen_;
  std::string start_;  ///< body of the request that starts what was named; empty: none
  std::vector<log_line> pending_;
  latch something_, over_;
  bool stale_ = false;
  int interrupts_ = 0;
};

}  // namespace aurora::ctl

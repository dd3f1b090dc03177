#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "follower.hpp"
#include "log_view.hpp"

namespace aurora::ctl {

/// The daemon hands out no more of one log at a time.
constexpr std::size_t most_log_lines = 100'000;

struct log_query {
  std::size_t lines = 0;  ///< the last so many of each
  std::optional<wall_time> since;
  bool filtered = false;  ///< count what the filter leaves
};

/// By -n and --since. Throws `failure` (usage).
log_query query_of(const invocation& given);

/// The past of these instances, those lines that `view` wants, merged by time; lines of one
/// instance stay in their order. One that is configured no more has none. `names` is read all the
/// time: no one else may change it.
asio::awaitable<std::vector<log_line>> fetch_history(client& api,
                                                     const std::vector<std::string>& names,
                                                     const log_query& query, const log_view& view);

/// Follows the output of instances over restarts of theirs and of the daemon: no gap, no line twice
/// (by offset).
class log_follower : public follower {
 public:
  /// names: the instances that are there; those of `c.given.operands` (none: of all) that come up
  /// later are followed too.
  log_follower(context& c, endpoint where, std::vector<std::string> names, log_query query,
               log_view& view);

  void on_log(const log_line& line) override;
  void on_dropped(std::uint64_t lines) override;
  void on_missing(const std::string& name, std::uint64_t bytes) override;
  std::optional<std::uint64_t> left_at(const std::string& name) override;
  void on_snapshot(std::uint64_t sequence, const status_view& status) override;
  void on_service(const service_view& service) override;
  void on_removed(const std::string& name) override;

 protected:
  asio::awaitable<void> catch_up(client& api) override;
  void show_pending() override;
  log_view& view_;

 private:
  struct seen {
    std::uint64_t next = 0;  ///< offset behind the last line that was shown
    bool goes_on = false;    ///< the stream was asked for what is behind it
  };
  void show(const log_line& line);
  log_query query_;
  std::vector<std::string> names_;
  std::map<std::string, seen> seen_;
  std::vector<log_line> pending_;
};

}  // namespace aurora::ctl

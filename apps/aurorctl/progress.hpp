#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "feed.hpp"
#include "terminal.hpp"

namespace aurora::ctl {

enum class aim { up, down };

/// Shows what happens while a verb waits: on a terminal a block of lines that is drawn anew, else a
/// line for each change of state, and of more than twenty services only for those that fail. Says
/// who starts, who waits for whom, and for how long.
class progress : public listener {
 public:
  /// `names`: services or instances that are waited for; empty: all. For `aim::up` what they depend
  /// on is shown too.
  progress(terminal& to, aim what, std::vector<std::string> names, bool quiet);

  void on_snapshot(std::uint64_t sequence, const status_view& status) override;
  void on_service(const service_view& service) override;
  void on_removed(const std::string& name) override;

  /// Draws the block again, with the time that has passed; nothing where there is no terminal.
  void draw();
  /// Takes the block away. What comes next is written below what was there before.
  void erase();
  /// What is still not there, each with its state and why.
  std::vector<std::string> unsettled() const;
  /// Draws ten times a second until cancelled.
  asio::awaitable<void> keep_drawing();

 private:
  struct seen {
    std::string state;
    steady::time_point since;
  };
  bool watched(const service_view& service) const;
  bool settled(const service_view& service) const;
  void note_change(const service_view& service);
  std::string line_of(const service_view& service, std::size_t name_width) const;

  terminal& to_;
  aim aim_;
  bool quiet_;
  std::vector<std::string> names_;
  std::vector<std::string> with_dependencies_;
  status_view status_;
  bool crowd_ = false;  ///< too many for a line each
  std::map<std::string, seen> seen_;
  steady::time_point begun_ = steady::now();
  std::size_t drawn_ = 0;
};

}  // namespace aurora::ctl

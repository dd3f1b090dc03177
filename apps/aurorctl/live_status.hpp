#pragma once

#include <map>
#include <string>
#include <vector>

#include "answers.hpp"
#include "tasks.hpp"

namespace aurora::ctl {

/// The status of all as the stream tells it: a snapshot, then what changes. Times go on by
/// themselves, for the daemon only tells changes; the clock comes in as an argument.
class live_status {
 public:
  void replace(const status_view& status, steady::time_point now);
  void update(const service_view& service, steady::time_point now);
  void remove(const std::string& name);
  void measure(const std::vector<usage_view>& usage);

  /// As it was when last told.
  const status_view& told() const { return status_; }
  /// As it is `now`: uptimes have grown, pauses have shrunk.
  status_view at(steady::time_point now) const;

 private:
  status_view status_;
  steady::time_point received_;
  std::map<std::string, steady::time_point> updated_;  ///< since the snapshot
};

}  // namespace aurora::ctl

#pragma once

#include <mutex>
#include <optional>

#include "reactor/child/launch.hpp"

namespace aurora::reactor {

/// The descriptors that one child is given, under low numbers of ours, for the time of its launch.
///
/// A child shares the daemon's descriptors at first, and then takes a copy of no more than the
/// beginning of the table (close_range(2) with CLOSE_RANGE_UNSHARE). So a start costs the same
/// whether the daemon has ten of them open or twenty thousand; a copy of all, which the exec has to
/// close one by one, took most of the time of a start where there were thousands.
///
/// The numbers are taken once and kept; they lead to /dev/null while nothing is launched. Launches
/// are one at a time, whatever the thread.
class launch_slots {
 public:
  explicit launch_slots(const launch_spec& spec);
  ~launch_slots();
  launch_slots(const launch_slots&) = delete;
  launch_slots& operator=(const launch_slots&) = delete;

  /// What could not be made; nothing: all is there.
  const std::optional<launch_error>& fault() const { return fault_; }
  int null() const;
  int out() const { return out_; }
  int err() const { return err_; }
  int extra() const { return extra_; }  ///< -1: none
  int last() const;                     ///< the highest of them

 private:
  int fill(int slot, int with, const char* subject);

  std::unique_lock<std::mutex> lock_;
  std::optional<launch_error> fault_;
  int out_ = -1, err_ = -1, extra_ = -1;
};

}  // namespace aurora::reactor

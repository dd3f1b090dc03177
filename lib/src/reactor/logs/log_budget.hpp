#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reactor/logs/segments.hpp"

namespace aurora::reactor::logs {

/// A rotated file that is to go. The inode tells it apart from what has its name by now.
struct excess_segment {
  std::string name;
  segment which;
  std::uint64_t inode = 0;
};

/// How large a folder of logs is, and what to remove of it.
struct log_usage {
  std::uint64_t total = 0;  ///< bytes of all files together, once `excess` is gone
  std::vector<excess_segment> excess;
};

/// Which rotated files have to go so that all logs of `dir`, also those that nobody writes any
/// more, hold `limit` bytes at most: those written to longest ago first, a current file never.
/// Reads the folder, and so belongs on a worker.
log_usage measure_logs(const std::string& dir, std::uint64_t limit);

}  // namespace aurora::reactor::logs

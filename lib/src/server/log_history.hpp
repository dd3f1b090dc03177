#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wire/answers.hpp"

namespace aurora::server {

/// Which part of the past of a log is wanted.
struct history_request {
  std::string instance;
  std::uint64_t until = 0;            ///< bytes from this offset on are not history any more
  std::optional<std::size_t> lines;   ///< at most so many of the last ones; nothing: all
  std::optional<wall_time> since;     ///< and none older
  std::optional<std::uint64_t> from;  ///< and none before this offset
};

/// The past of one log, or of several merged by time. Reads files: only ever used on a worker.
class log_history {
 public:
  virtual ~log_history() = default;
  /// The next lines, oldest first, some hundred KiB at most; none: that was all.
  virtual std::vector<wire::log_line> next() = 0;
};

/// Opens the past of these logs as one. Called on a worker.
using history_opener =
    std::function<std::unique_ptr<log_history>(const std::vector<history_request>&)>;

/// From the log files of a state directory, across rotation.
history_opener file_history(std::string log_dir, std::string run_dir);

}  // namespace aurora::server

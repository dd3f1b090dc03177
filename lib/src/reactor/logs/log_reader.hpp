#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aurora/time.hpp>

namespace aurora::reactor {

/// Which log: that of an instance, or of its stderr when that is kept apart ("web.err").
struct log_place {
  std::string log_dir;  ///< STATE/logs
  std::string run_dir;  ///< STATE/run, where the marks are
  std::string name;
};

/// A line, or a piece of one: lines are cut at 64 KiB.
struct log_line {
  std::uint64_t offset = 0;  ///< of its first byte
  wall_time time{};          ///< of the data it came in: up to 100 ms early, by the marks
  std::string text;          ///< raw bytes, without the newline
  bool partial = false;      ///< no newline yet: the next piece goes on with the same line
};

/// Where to begin: at the latest of what is given. Nothing given: with the oldest byte there is.
struct log_query {
  std::optional<std::size_t> last;  ///< so many lines before `until`
  std::optional<wall_time> since;
  std::optional<std::uint64_t> from;  ///< an offset; in the middle of a line: the rest of it
  /// Where to end; for what joins live output: `log_channel::bytes`.
  std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
  /// Looking for the last lines stops after so many bytes.
  std::uint64_t look_back = 64 << 20;
};

/// Reads the history of one log across its rotated files, also packed ones, whether a daemon runs
/// or not. The files are opened when it is made and stay open: a rotation meanwhile changes
/// nothing. Everything here blocks: for a worker, a step at a time. What cannot be read is skipped.
class log_reader {
 public:
  log_reader(const log_place& where, const log_query& what);
  ~log_reader();
  log_reader(log_reader&&) noexcept;
  log_reader& operator=(log_reader&&) noexcept;

  /// The next lines, of `most` bytes of text together or little more. None: that was all.
  std::vector<log_line> next(std::size_t most = 4 << 20);

  /// Where the history ends, or ended when the reader was made.
  std::uint64_t end() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Several logs as one, by time; what came at the same time stands in the order of `readers`. Lines
/// of one log keep their order even when the clock was set back.
struct merged_line {
  std::size_t reader = 0;  ///< which of them
  log_line line;
};
class log_merge {
 public:
  explicit log_merge(std::vector<log_reader> readers);
  /// As `log_reader::next`.
  std::vector<merged_line> next(std::size_t most = 4 << 20);

 private:
  struct lane {
    log_reader reader;
    std::vector<log_line> lines;
    std::size_t at = 0;
    bool refill();
  };
  std::vector<lane> lanes_;
};

}  // namespace aurora::reactor

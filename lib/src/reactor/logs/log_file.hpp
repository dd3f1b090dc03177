#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include <aurora/spec.hpp>

#include "reactor/logs/descriptor.hpp"
#include "reactor/logs/mark_file.hpp"
#include "reactor/logs/segments.hpp"

namespace aurora::reactor::logs {

/// NAME.log and its rotated files. Appends; rotates between two lines; counts the bytes of the log
/// across rotations and restarts of the daemon. Notices at the latest at a rotation, and once a
/// second while it is written to, that somebody truncated, removed or extended the file.
///
/// Rotation: a file ends behind the last newline at which it is not larger than `max_size`. A line
/// that began in it may make it up to 64 KiB larger; one that does not end by then is cut there.
/// The renames go from the oldest to the youngest, so a crash between any two leaves a gap in the
/// numbers and nothing else; `open` closes it. `keep` 0: the file is removed and begun anew.
/// A rotation that fails (a read-only folder) is put off: the file grows on, nothing is lost.
///
/// Calls block for as long as the disk does; none waits for anything else.
class log_file {
 public:
  static constexpr std::size_t grace = 64 << 10;

  /// `dispose` gets the last descriptor of a removed file: closing a large one takes a while.
  log_file(std::string dir, std::string name, mark_file& marks,
           std::function<void(descriptor)> dispose);

  /// Repairs what `found` names of the rotated files and opens the file. Returns 0 or an errno
  /// value; then the next `write` tries again.
  int open(std::vector<segment> found, const logs_spec& spec);
  void configure(const logs_spec& spec);

  transfer write(std::string_view bytes);
  /// The next byte written is byte `offset` of the log: what would have been before it was dropped.
  void skip_to(std::uint64_t offset);

  /// Opens the path again when another file, or none, is there now. Returns 0 or an errno value.
  int reopen();
  /// Looks whether somebody else changed the file.
  void check();
  /// Gives the descriptor back until the next write.
  void close();
  bool is_open() const { return static_cast<bool>(file_); }

  std::uint64_t end() const { return end_; }  ///< the offset of the next byte
  /// False: the marks could not be read, and `end` is no more than a guess.
  bool placed() const { return placed_; }
  /// How many of the first of these bytes are the last of the log, as far as it is not packed.
  std::size_t ends_within(std::string_view bytes) const;
  bool at_line_start() const { return at_line_start_; }
  std::string path() const { return log_path(dir_, name_); }
  int rotation_error() const {
    return rotation_error_;
  }  ///< errno of the last one, 0: it went well

  /// Rotations so far: whoever saw fewer has something to see to.
  std::uint64_t rotations() const { return rotations_; }
  /// Removes the rotated file with that inode, whatever its number is by now.
  void remove_rotated(std::uint64_t inode);

  /// A rotated file that is to be packed, oldest first. `into`: the file for the copy.
  struct packing {
    descriptor from, into;
    std::uint64_t inode = 0;  ///< of the file being packed
  };
  std::optional<packing> begin_packing();
  /// The copy takes the place of the file, wherever that was rotated to meanwhile; when `error` is
  /// not 0, or the file is gone, the copy goes.
  void end_packing(const packing& done, int error);

 private:
  struct rotated {
    segment which;
    placed_file file;
  };

  int open_path();
  void adopt(const mark_table& known);
  void look_at_the_end();
  void moved(const struct stat& now);
  std::size_t fitting(std::string_view bytes) const;
  bool rotate();
  int shift();
  int remove(std::vector<rotated>::iterator which);
  void rescan();
  bool anchored(std::uint64_t inode) const;
  std::string path_of(segment which) const { return segment_path(dir_, name_, which); }
  std::uint64_t oldest() const;

  std::string dir_, name_;
  mark_file& marks_;
  std::function<void(descriptor)> dispose_;
  descriptor file_;
  bool regular_ = false;
  bool at_line_start_ = true;
  bool adopted_ = false;  // `end_` is known
  bool placed_ = true;
  std::uint64_t inode_ = 0, size_ = 0, begin_ = 0, end_ = 0;
  std::uint64_t max_size_ = 10 << 20;
  std::uint64_t limit_ = 10 << 20;  // max_size_, or more after a rotation failed
  unsigned keep_ = 5;
  int rotation_error_ = 0;
  std::uint64_t rotations_ = 0;
  std::vector<rotated> rotated_;  // youngest first
  std::chrono::steady_clock::time_point checked_{};
};

}  // namespace aurora::reactor::logs

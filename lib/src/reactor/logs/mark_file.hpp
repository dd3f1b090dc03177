#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aurora/time.hpp>

namespace aurora::reactor::logs {

/// What came at `offset` came at this time. There is at most one a 100 ms, so the time of a line is
/// that of the last mark at or before its first byte.
struct time_mark {
  std::uint64_t offset = 0;
  wall_time time{};
};

/// Byte `position` of the file with this inode number is byte `offset` of the log. One stands where
/// a file begins, and one behind each gap: output that was dropped, or a file truncated by hand.
struct anchor {
  std::uint64_t inode = 0;
  std::uint64_t position = 0;
  std::uint64_t offset = 0;
};

/// A file that holds a part of a log, and where its first byte stands in the log.
struct placed_file {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint64_t begin = 0;
};

struct mark_table {
  std::vector<time_mark> times;  ///< in the order of offsets
  std::vector<anchor> anchors;   ///< in the order they were made
  std::uint64_t file_size = 0;   ///< as far as it is sound
  bool sound = true;             ///< false: damaged or not to be read; then there is nothing in it

  /// Of the last mark at or before `offset`; of the first one when that is later; else `otherwise`.
  wall_time time_of(std::uint64_t offset, wall_time otherwise) const;
  /// The first offset from which on everything came at `since` or later; none: all is older.
  std::uint64_t since(wall_time since, std::uint64_t end) const;
  /// Anchors of one file in the order of their positions.
  std::vector<anchor> of(std::uint64_t inode) const;
  /// The offset of the end of a file that begins at `file.begin`.
  std::uint64_t end_of(const placed_file& file) const;
  /// Gives each file of a log, youngest first, its `begin`: by its anchors, else by its neighbours
  /// and sizes; with no anchor at all the oldest begins at 0.
  void place(std::vector<placed_file>& files) const;
};

/// Reads the marks of a log. No file: an empty table. Damaged, or not to be read: `sound` is false
/// and it is empty.
mark_table read_marks(const std::string& path);

/// Writes the marks of one log (STATE/run/NAME.marks): time marks in batches, anchors at once. What
/// cannot be written is kept for the next time, within bounds: marks are a help, never a reason to
/// stop. Made anew when it grew much larger than what still exists needs.
class mark_file {
 public:
  explicit mark_file(std::string path) : path_(std::move(path)) {}

  /// What is there from an earlier life; to be called once, first.
  mark_table load();
  /// Notes a time, unless the last one is younger than 100 ms. Returns whether it did.
  bool note(std::uint64_t offset, wall_time now);
  void put(const anchor& which);
  /// Nothing before this offset exists any longer.
  void forget_before(std::uint64_t offset) { floor_ = offset; }
  /// The file with this inode number is gone; the number may come back.
  void forget_file(std::uint64_t inode);
  void flush();

  const std::vector<anchor>& anchors() const { return anchors_; }

 private:
  void keep(const anchor& which);
  bool append();
  bool rewrite();

  std::string path_;
  std::vector<anchor> anchors_;
  std::vector<time_mark> times_;     // not written yet
  std::vector<anchor> new_anchors_;  // not written yet
  std::uint64_t floor_ = 0;
  std::size_t records_ = 0;  // in the file
  std::size_t allowed_ = 0;  // in the file before it is made anew
  bool ragged_ = true;       // the file must be made anew before it can grow
  wall_time last_{};
  bool any_ = false;
};

}  // namespace aurora::reactor::logs

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aurora::reactor::logs {

/// A rotated file: NAME.log.NUMBER, with `.gz` behind it when packed. 1 is the youngest. Number 0
/// with `.gz` is one that is being packed right now; after a crash it is rubbish.
struct segment {
  unsigned number = 0;
  bool packed = false;
  friend bool operator==(const segment&, const segment&) = default;
};

/// The rotated files of every log in a folder, by NAME.
using segment_index = std::map<std::string, std::vector<segment>>;

std::string log_path(const std::string& dir, const std::string& name);
std::string segment_path(const std::string& dir, const std::string& name, segment which);

/// A file of a log: the current one, or a rotated one.
struct log_entry {
  std::string name;                ///< of the log
  std::optional<segment> rotated;  ///< empty: the current file
  int folder = -1;                 ///< valid, like `file`, until the call it is given to returns
  const char* file = nullptr;      ///< in the folder
};

/// Calls `take` with each file of a log in the folder; one that cannot be read has none.
void each_log_file(const std::string& dir, const std::function<void(log_entry&&)>& take);

/// Reads the folder once, for all logs; a folder that cannot be read has none.
segment_index find_segments(const std::string& dir);
/// Those of one log, youngest first.
std::vector<segment> find_segments(const std::string& dir, const std::string& name);

/// Renames without ever replacing what is there. Returns 0 or an errno value (EEXIST).
int rename_new(const std::string& from, const std::string& to) noexcept;

/// Finishes or undoes what a crash left half done, and returns what there is now, youngest first,
/// numbered from 1 without gaps and at most `keep`. A rotation that was cut short left a gap: the
/// older ones move up. A packing that was cut short left the plain file beside its packed copy: the
/// plain one goes if the copy is complete, else both stay, as two files. Nothing is overwritten.
std::vector<segment> repair_segments(const std::string& dir, const std::string& name,
                                     std::vector<segment> found, unsigned keep);

}  // namespace aurora::reactor::logs

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace aurora::wire {

/// Cuts the bytes of one log, handed over in any pieces, into lines. A line longer than `limit` is
/// given out in parts, each but the last flagged as partial, cut between characters where the bytes
/// are UTF-8; memory stays within `limit`. What has no newline yet is held until it comes.
class line_splitter {
 public:
  /// text without its newline (a CR before it is kept); offset of its first byte.
  using sink = std::function<void(std::string_view text, std::uint64_t offset, bool partial)>;

  explicit line_splitter(std::size_t limit = 64 * 1024) : limit_(limit) {}

  /// Where `offset` does not go on from the last call, bytes were lost or repeated in between: what
  /// is held is given out as a part, and bytes already seen are skipped.
  void feed(std::string_view bytes, std::uint64_t offset, const sink& to);

  /// Gives out what is held, as a part.
  void flush(const sink& to);

 private:
  void part(std::string_view rest, const sink& to);

  std::size_t limit_;
  std::string held_;             ///< the start of a line that has not ended yet
  std::uint64_t next_ = 0;       ///< offset of the byte after the last one fed
  std::uint64_t held_from_ = 0;  ///< offset of the first byte of `held_`
};

}  // namespace aurora::wire

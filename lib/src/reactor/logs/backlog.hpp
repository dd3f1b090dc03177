#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aurora::reactor::logs {

/// What waits while a file cannot be written: at most `limit` bytes. When there is no more room the
/// oldest whole lines go (a line longer than all of it: just its oldest bytes), a sixteenth at
/// least, so that a flood does not move the rest for every line. Pure.
class backlog {
 public:
  /// Every drop is at least this large, so that the line that tells of it takes less room than what
  /// it stands for; the limit is never less than sixteen of them.
  static constexpr std::size_t least_drop = 256;

  explicit backlog(std::size_t limit);

  /// Returns how many bytes, the oldest, were dropped for it.
  std::size_t append(std::string_view bytes);
  /// Takes away what went to the file.
  void remove_front(std::size_t count);

  std::string_view view() const { return std::string_view(bytes_).substr(head_); }
  std::size_t size() const { return bytes_.size() - head_; }
  bool empty() const { return size() == 0; }

 private:
  std::size_t limit_;
  std::string bytes_;
  std::size_t head_ = 0;  // before it: already gone
};

}  // namespace aurora::reactor::logs

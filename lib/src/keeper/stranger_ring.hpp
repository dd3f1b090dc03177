#pragma once

#include <algorithm>
#include <utility>

#include "keeper/protocol.hpp"

namespace aurora::keeper {

/// The ends of processes that nobody has registered, oldest first; when it is full the oldest goes.
/// Lives in the keeper's memory: empty when that is zeroed.
class stranger_ring {
 public:
  static constexpr std::uint32_t most = 65'536;

  void put(const process_end& end) {
    ends_[last_++ % most] = end;
    if (last_ - first_ > most) ++first_;
  }
  /// The newest end of that pid; pid 0: there was none. Leaves a gap of pid 0.
  process_end take(std::int32_t pid) {
    for (std::uint32_t at = last_; at != first_; --at)
      if (process_end& end = ends_[(at - 1) % most]; end.pid == pid)
        return std::exchange(end, process_end{end.when_ns, 0, 0});
    return process_end{};
  }
  void drop_before(std::int64_t when_ns) {
    while (first_ != last_ && ends_[first_ % most].when_ns < when_ns) ++first_;
  }

  /// A new reactor is to be told all of them.
  void rewind() { next_ = first_; }
  /// The next to be told, gaps among them; how many. `told` when they are sent.
  std::uint32_t untold(process_end* ends) {
    if (next_ - first_ > most) next_ = first_;  // dropped since
    const std::uint32_t count = std::min(last_ - next_, most_ends);
    for (std::uint32_t n = 0; n < count; ++n) ends[n] = ends_[(next_ + n) % most];
    return count;
  }
  void told(std::uint32_t count) { next_ += count; }

 private:
  process_end ends_[most];
  std::uint32_t first_, next_, last_;  ///< counted on, over the end of the ring
};

}  // namespace aurora::keeper

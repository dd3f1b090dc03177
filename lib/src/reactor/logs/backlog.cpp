#include "reactor/logs/backlog.hpp"

#include <algorithm>

namespace aurora::reactor::logs {
namespace {

// How much of `old` followed by `fresh` to drop, when it must be `least` or more: up to the end of
// the line that byte belongs to, or just that much when no line ends behind it.
std::size_t drop_size(std::string_view old, std::string_view fresh, std::size_t least) {
  const auto last = least - 1;
  if (last < old.size()) {
    const auto newline = old.find('\n', last);
    if (newline != old.npos) return newline + 1;
  }
  const auto newline = fresh.find('\n', last < old.size() ? 0 : last - old.size());
  return newline == fresh.npos ? least : old.size() + newline + 1;
}

}  // namespace

backlog::backlog(std::size_t limit) : limit_(std::max(limit, 16 * least_drop)) {}

std::size_t backlog::append(std::string_view bytes) {
  const auto total = size() + bytes.size();
  std::size_t drop = 0;
  if (total > limit_) drop = drop_size(view(), bytes, std::max(total - limit_, limit_ / 16));
  const auto old = std::min(drop, size());
  remove_front(old);
  bytes_.append(bytes.substr(drop - old));
  return drop;
}

void backlog::remove_front(std::size_t count) {
  head_ += std::min(count, size());
  if (head_ == bytes_.size()) {
    bytes_ = {};
    head_ = 0;
  } else if (head_ >= bytes_.size() / 2) {
    bytes_.erase(0, head_);
    head_ = 0;
  }
}

}  // namespace aurora::reactor::logs

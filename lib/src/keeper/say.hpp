#pragma once

#include <charconv>
#include <initializer_list>
#include <string_view>

namespace aurora::keeper {

/// A number as text, without the heap.
class digits {
 public:
  explicit digits(long long number)
      : size_(std::to_chars(text_, text_ + sizeof text_, number).ptr - text_) {}
  operator std::string_view() const { return {text_, static_cast<std::size_t>(size_)}; }

 private:
  char text_[24];
  std::ptrdiff_t size_;
};

/// "aurorad: ..." and a newline on stderr; not said at all where nobody reads it (a full pipe).
/// parts: up to 10.
void say(std::initializer_list<std::string_view> parts);

}  // namespace aurora::keeper

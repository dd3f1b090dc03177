#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace aurora::shell {

/// The number that all of the text is; none: it is none, or does not fit.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace aurora::shell

#include "config/patterns.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace aurora::config {

std::optional<std::string> read_pattern(reader& in, const node& from) {
  auto text = in.read_text(from, own_variables::refused, "a pattern");
  if (!text) return std::nullopt;
  const RE2 pattern(*text, RE2::Quiet);
  if (pattern.ok()) return text;
  in.fault(from, fmt::format("{} is not a pattern: {}", quote(*text), shorten(pattern.error())),
           "the syntax is RE2's; a backslash is written \\\\ in JSON");
  return std::nullopt;
}

}  // namespace aurora::config

#include <aurora/duration.hpp>

#include "config/values.hpp"

namespace aurora {

std::optional<duration> parse_duration(std::string_view text) {
  constexpr double longest = 100.0 * 365 * 24 * 3600;
  auto seconds = config::parse_duration(text);
  if (!seconds) seconds = config::parse_number(text);
  if (!seconds || !(*seconds >= 0) || *seconds > longest) return std::nullopt;
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(*seconds));
}

}  // namespace aurora

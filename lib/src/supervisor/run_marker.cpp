#include "supervisor/run_marker.hpp"

#include <fmt/format.h>

#include <charconv>

namespace aurora::shell {

std::string marker_of(const std::string& instance, core::run_number run,
                      const std::string& run_id) {
  return fmt::format("{}:{}:{}", instance, run, run_id);
}

std::optional<run_marker> parse_marker(std::string_view marker, std::string_view run_id) {
  run_marker found;
  const auto slash = marker.find('/');
  found.of_command = slash != marker.npos;
  marker = marker.substr(0, slash);
  if (!marker.ends_with(run_id)) return std::nullopt;
  marker.remove_suffix(run_id.size());
  if (marker.empty() || marker.back() != ':') return std::nullopt;
  marker.remove_suffix(1);
  const auto colon = marker.rfind(':');
  if (colon == marker.npos) return std::nullopt;
  const auto digits = marker.substr(colon + 1);
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), found.run);
  if (fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  found.instance = marker.substr(0, colon);
  return found;
}

}  // namespace aurora::shell

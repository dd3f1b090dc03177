#pragma once

#include <optional>
#include <string_view>

#include <aurora/time.hpp>

namespace aurora {

/// A span of time as the configuration and the command lines take it: "250ms", "10s", "1m30s",
/// "2h", "1d", or a bare number of seconds. Nothing: it is none of these, negative, or beyond 100
/// years.
std::optional<duration> parse_duration(std::string_view text);

}  // namespace aurora

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aurora/duration.hpp>
#include <aurora/time.hpp>

/// Times and amounts, as people write and read them.
namespace aurora::ctl {

/// "4.9s", "42s", "2m03s", "3h12m", "5d04h": two units at most, the same width most of the time.
std::string human(duration span);

/// "512 B", "11.8 MiB": three digits and the unit.
std::string human_bytes(std::uint64_t bytes);

/// "2026-11-23T12:00:00.000Z" (RFC 3339, any offset, any number of decimals); nothing otherwise.
std::optional<wall_time> parse_timestamp(std::string_view text);

/// RFC 3339 in UTC with milliseconds.
std::string utc(wall_time at);

/// "12:00:00.123" of the user's time zone; with the date in front when that is not today's.
std::string local_clock(wall_time at, wall_time now);
/// "2026-11-23 12:00:00.123" of the user's time zone.
std::string local_date_clock(wall_time at);

/// What `--since` takes: a duration ("10m": that long ago), an RFC 3339 time, or a local
/// "YYYY-MM-DD", "YYYY-MM-DD HH:MM[:SS]" or "HH:MM[:SS]" (today).
std::optional<wall_time> parse_since(std::string_view text, wall_time now);

/// The clock on the wall. The only place that reads it.
wall_time wall_now();

}  // namespace aurora::ctl

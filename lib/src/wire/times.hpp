#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <aurora/time.hpp>

namespace aurora::wire {

/// Appends "2026-11-23T12:00:00.000Z"; years outside 0000 to 9999 are held at the end they passed.
void append_rfc3339(std::string& out, wall_time at);

/// Appends "Sun, 06 Nov 1994 08:49:37 GMT", as HTTP's Date wants it (RFC 9110 §5.6.7).
void append_http_date(std::string& out, wall_time at);

/// RFC 3339 with any offset and up to nine decimals (cut to milliseconds); 'T' may be a space, the
/// offset must be there. Nothing where it is not a time that exists (a leap second counts as the
/// next second).
std::optional<wall_time> parse_rfc3339(std::string_view text);

/// "30s", "250ms", "1m30s", "2h", "1d", or a number of seconds ("1.5"). Never negative; nothing
/// where it is malformed or longer than ten years. Rule: the durations of contract §2.
std::optional<duration> parse_duration(std::string_view text);

/// What `since=` accepts: a moment, or how long ago.
std::optional<std::variant<wall_time, duration>> parse_since(std::string_view text);

}  // namespace aurora::wire

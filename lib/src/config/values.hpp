#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Amounts as people write them. Readers are strict (no blanks, no unit left out) and give numbers
/// in base units, so that a limit is checked before anything can overflow; printers give text that
/// the readers take.
namespace aurora::config {

/// "250ms", "10s", "1m30s", "2h", "1d", "1.5s", "-5s": seconds. Units ms, s, m, h, d, each at most
/// once and the larger first. Nothing: not a duration. Infinite where it is too large for a double.
std::optional<double> parse_duration(std::string_view text);

/// "64KiB", "10MB", "1GiB", "512B", "1.5GiB", "-1B", "0": bytes. Decimal units are powers of 1000,
/// binary ones of 1024. Only zero may go without a unit.
std::optional<double> parse_size(std::string_view text);

/// Whether it is a number as JSON has them: "0", "-1.5e3"; not "+1", "01", ".5", "1.", "0x1",
/// "NaN".
bool is_json_number(std::string_view text);

/// A JSON number: infinite where it is out of a double's range. Nothing: not a number.
std::optional<double> parse_number(std::string_view text);

/// What was probably meant: "5s" for " 5s", "5x", "5" and "5 sec"; `otherwise` where no number
/// leads.
std::string guess_duration(std::string_view text, std::string_view otherwise);
std::string guess_size(std::string_view text, std::string_view otherwise);

/// "1m30s", "250ms", "0s"; the largest unit is a day.
std::string format_duration(double seconds);

/// "10MiB", "64KiB", "1000B": the largest binary unit that leaves a whole number.
std::string format_size(double bytes);

/// "0.1", "30", "65535": without a trailing zero or an exponent below 10^15.
std::string format_number(double number);

}  // namespace aurora::config

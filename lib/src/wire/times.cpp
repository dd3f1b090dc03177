#include "wire/times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace aurora::wire {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::sys_days;

char* put(char* to, unsigned number, int width) {
  for (int i = width - 1; i >= 0; --i, number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + width;
}

char* put_clock(char* to, const std::chrono::hh_mm_ss<milliseconds>& time) {
  to = put(to, static_cast<unsigned>(time.hours().count()), 2);
  *to++ = ':';
  to = put(to, static_cast<unsigned>(time.minutes().count()), 2);
  *to++ = ':';
  return put(to, static_cast<unsigned>(time.seconds().count()), 2);
}

wall_time within_four_digits(wall_time at) {
  static constexpr wall_time first = sys_days(std::chrono::year(0) / 1 / 1);
  static constexpr wall_time last =
      sys_days(std::chrono::year(9999) / 12 / 31) + days(1) - milliseconds(1);
  return std::clamp(at, first, last);
}

/// Reads just `width` digits from the front.
std::optional<unsigned> take(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  unsigned number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(width);
  return number;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<sys_days> take_date(std::string_view& text) {
  const auto year = take(text, 4);
  if (!year || !skip(text, "-")) return std::nullopt;
  const auto month = take(text, 2);
  if (!month || !skip(text, "-")) return std::nullopt;
  const auto day = take(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

/// The decimals behind the point; digits beyond the third are read and dropped.
std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (!skip(text, ".")) return milliseconds(0);
  int ms = 0;
  int digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    if (digits < 3) ms = ms * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (; digits < 3; ++digits) ms *= 10;
  return milliseconds(ms);
}

std::optional<milliseconds> take_time(std::string_view& text) {
  const auto hour = take(text, 2);
  if (!hour || !skip(text, ":")) return std::nullopt;
  const auto minute = take(text, 2);
  if (!minute || !skip(text, ":")) return std::nullopt;
  const auto second = take(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  return hours(*hour) + minutes(*minute) + std::chrono::seconds(*second) + *fraction;
}

std::optional<minutes> take_offset(std::string_view& text) {
  if (skip(text, "Zz")) return minutes(0);
  const bool west = text.starts_with('-');
  if (!skip(text, "+-")) return std::nullopt;
  const auto hour = take(text, 2);
  if (!hour || !skip(text, ":")) return std::nullopt;
  const auto minute = take(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return west ? -offset : offset;
}

struct unit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array<unit, 7> units{
    {{"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}}};
constexpr double longest = 3652 * 86400e9;

/// A plain decimal without sign or exponent.
std::optional<double> take_number(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  if (end == 0 || text.front() == '.') return std::nullopt;
  double number = 0;
  const auto [stop, ec] =
      std::from_chars(text.data(), text.data() + end, number, std::chars_format::fixed);
  if (ec != std::errc() || stop != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return number;
}

std::optional<unit> take_unit(std::string_view& text) {
  for (const unit& each : units) {
    if (text.starts_with(each.name)) {
      text.remove_prefix(each.name.size());
      return each;
    }
  }
  return std::nullopt;
}

}  // namespace

void append_rfc3339(std::string& out, wall_time at) {
  at = within_four_digits(at);
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::array<char, 24> text;
  char* to = put(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *to++ = '-';
  to = put(to, static_cast<unsigned>(date.month()), 2);
  *to++ = '-';
  to = put(to, static_cast<unsigned>(date.day()), 2);
  *to++ = 'T';
  to = put_clock(to, time);
  *to++ = '.';
  to = put(to, static_cast<unsigned>(time.subseconds().count()), 3);
  *to = 'Z';
  out.append(text.data(), text.size());
}

void append_http_date(std::string& out, wall_time at) {
  static constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  at = within_four_digits(at);
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  std::array<char, 8> digits;
  out += weekdays.substr(3 * std::chrono::weekday(day).c_encoding(), 3);
  out += ", ";
  out.append(digits.data(), put(digits.data(), static_cast<unsigned>(date.day()), 2));
  out += ' ';
  out += months.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3);
  out += ' ';
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  out.append(digits.data(), put(digits.data(), year, 4));
  out += ' ';
  out.append(digits.data(), put_clock(digits.data(), std::chrono::hh_mm_ss(at - day)));
  out += " GMT";
}

std::optional<wall_time> parse_rfc3339(std::string_view text) {
  const auto day = take_date(text);
  if (!day || !skip(text, "Tt ")) return std::nullopt;
  const auto time = take_time(text);
  if (!time) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return wall_time(*day) + *time - *offset;
}

std::optional<duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0;
  for (bool first = true; !text.empty(); first = false) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    if (first && text.empty()) {
      total = *number * 1e9;  // a bare number is seconds
      break;
    }
    const auto scale = take_unit(text);
    if (!scale) return std::nullopt;
    total += *number * scale->nanoseconds;
  }
  if (!(total <= longest)) return std::nullopt;
  return duration(static_cast<duration::rep>(total + 0.5));
}

std::optional<std::variant<wall_time, duration>> parse_since(std::string_view text) {
  if (const auto at = parse_rfc3339(text)) return *at;
  if (const auto ago = parse_duration(text)) return *ago;
  return std::nullopt;
}

}  // namespace aurora::wire

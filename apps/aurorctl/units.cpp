#include "units.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace aurora::ctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `width` digits at the start of `text`, which loses them.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::tm> take_date(std::string_view& text) {
  std::tm when{};
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  when.tm_year = *year - 1900;
  when.tm_mon = *month - 1;
  when.tm_mday = *day;
  return when;
}

bool take_clock(std::string_view& text, std::tm& when) {
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return false;
  const auto minute = take_digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return false;
  when.tm_hour = *hour;
  when.tm_min = *minute;
  when.tm_sec = 0;
  if (!take(text, ':')) return true;
  const auto second = take_digits(text, 2);
  if (!second || *second > 60) return false;
  when.tm_sec = *second;
  return true;
}

milliseconds take_fraction(std::string_view& text) {
  if (!take(text, '.')) return {};
  int value = 0;
  int scale = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return milliseconds(value);
}

/// "Z", "+01:00": how far east of Greenwich.
std::optional<seconds> take_zone(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return seconds(0);
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes) return std::nullopt;
  return seconds(sign * (*hours * 3600 + *minutes * 60));
}

wall_time from_time_t(std::time_t value) { return wall_time(seconds(value)); }

std::tm local(wall_time at) {
  const std::time_t value = std::chrono::floor<seconds>(at).time_since_epoch().count();
  std::tm out{};
  ::localtime_r(&value, &out);
  return out;
}

std::string clock_of(const std::tm& when, wall_time at) {
  const auto ms = (at - std::chrono::floor<seconds>(at)).count();
  return fmt::format("{:02}:{:02}:{:02}.{:03}", when.tm_hour, when.tm_min, when.tm_sec, ms);
}

}  // namespace

std::string human(duration span) {
  const double s = std::chrono::duration<double>(span).count();
  if (s < 0) return "0.0s";
  if (s < 9.95) return fmt::format("{:.1f}s", s);
  const auto whole = static_cast<std::int64_t>(s + 0.5);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d{:02}h", whole / 86400, whole / 3600 % 24);
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> names{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t step = 0;
  while (value >= 999.5 && step + 1 < names.size()) {
    value /= 1024;
    ++step;
  }
  return step == 0 || value >= 99.95 ? fmt::format("{:.0f} {}", value, names[step])
                                     : fmt::format("{:.1f} {}", value, names[step]);
}

std::optional<wall_time> parse_timestamp(std::string_view text) {
  auto when = take_date(text);
  if (!when || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  if (!take_clock(text, *when)) return std::nullopt;
  const auto fraction = take_fraction(text);
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return from_time_t(::timegm(&*when)) + fraction - *zone;
}

std::string utc(wall_time at) {
  const std::time_t value = std::chrono::floor<seconds>(at).time_since_epoch().count();
  std::tm when{};
  ::gmtime_r(&value, &when);
  return fmt::format("{:04}-{:02}-{:02}T{}Z", when.tm_year + 1900, when.tm_mon + 1, when.tm_mday,
                     clock_of(when, at));
}

std::string local_clock(wall_time at, wall_time now) {
  const std::tm when = local(at);
  const std::tm today = local(now);
  const bool same = when.tm_yday == today.tm_yday && when.tm_year == today.tm_year;
  return same ? clock_of(when, at) : local_date_clock(at);
}

std::string local_date_clock(wall_time at) {
  const std::tm when = local(at);
  return fmt::format("{:04}-{:02}-{:02} {}", when.tm_year + 1900, when.tm_mon + 1, when.tm_mday,
                     clock_of(when, at));
}

std::optional<wall_time> parse_since(std::string_view text, wall_time now) {
  if (const auto ago = parse_duration(text)) {
    return now - std::chrono::floor<milliseconds>(*ago);
  }
  if (const auto exact = parse_timestamp(text)) return exact;
  std::string_view rest = text;
  std::tm when{};
  if (auto date = take_date(rest)) {
    when = *date;
    if (!rest.empty() && !(take(rest, ' ') || take(rest, 'T'))) return std::nullopt;
    if (rest.empty() && text.size() != 10) return std::nullopt;
    if (!rest.empty() && !take_clock(rest, when)) return std::nullopt;
  } else {
    rest = text;
    when = local(now);
    if (!take_clock(rest, when)) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  when.tm_isdst = -1;
  return from_time_t(std::mktime(&when));
}

wall_time wall_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

}  // namespace aurora::ctl

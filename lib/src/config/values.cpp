#include "config/values.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace aurora::config {
namespace {

struct unit {
  std::string_view name;
  double worth;
};

constexpr std::array<unit, 5> time_units{
    {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 0.001}}};

constexpr double kib = 1024;
constexpr std::array<unit, 11> size_units{{{"B", 1},
                                           {"KB", 1e3},
                                           {"MB", 1e6},
                                           {"GB", 1e9},
                                           {"TB", 1e12},
                                           {"PB", 1e15},
                                           {"KiB", kib},
                                           {"MiB", kib* kib},
                                           {"GiB", kib* kib* kib},
                                           {"TiB", kib* kib* kib* kib},
                                           {"PiB", kib* kib* kib* kib* kib}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How many bytes of digits, with at most one dot between two of them, the text begins with.
std::size_t leading_number(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i > 0 && i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    for (++i; i < text.size() && is_digit(text[i]);) ++i;
  }
  return i;
}

double to_double(std::string_view digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // from_chars leaves the value alone and does not tell "too large" from "too small".
  const auto exponent = digits.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos && exponent + 1 < digits.size() &&
                    digits[exponent + 1] == '-';
  if (tiny) return 0;
  const auto infinite = std::numeric_limits<double>::infinity();
  return digits.starts_with('-') ? -infinite : infinite;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t leading_letters(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_letter(text[i])) ++i;
  return i;
}

std::string_view skip_front(std::string_view text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t' || text[0] == '+')) {
    text.remove_prefix(1);
  }
  return text;
}

/// The number that leads, the letters behind it, blanks between them aside.
std::pair<std::string_view, std::string_view> split_amount(std::string_view text) {
  text = skip_front(text);
  const auto number = text.substr(0, leading_number(text));
  const auto rest = skip_front(text.substr(number.size()));
  return {number, rest.substr(0, leading_letters(rest))};
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  double sum = 0;
  auto next = time_units.begin();
  while (!text.empty()) {
    const auto number = text.substr(0, leading_number(text));
    text.remove_prefix(number.size());
    const auto name = text.substr(0, leading_letters(text));
    text.remove_prefix(name.size());
    while (next != time_units.end() && next->name != name) ++next;
    if (number.empty() || next == time_units.end()) return std::nullopt;
    sum += to_double(number) * next->worth;
    ++next;
  }
  return negative ? -sum : sum;
}

std::optional<double> parse_size(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto number = text.substr(0, leading_number(text));
  const auto name = text.substr(number.size());
  if (number.empty()) return std::nullopt;
  if (number == "0" && name.empty()) return 0;
  for (const auto& each : size_units) {
    if (each.name == name) return (negative ? -1 : 1) * to_double(number) * each.worth;
  }
  return std::nullopt;
}

bool is_json_number(std::string_view word) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto begin = i;
    while (i < word.size() && is_digit(word[i])) ++i;
    return i - begin;
  };
  if (i < word.size() && word[i] == '-') ++i;
  const bool zero = i < word.size() && word[i] == '0';
  const auto whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < word.size() && word[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
    ++i;
    if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == word.size();
}

std::optional<double> parse_number(std::string_view text) {
  if (!is_json_number(text)) return std::nullopt;
  return to_double(text);
}

std::string guess_duration(std::string_view text, std::string_view otherwise) {
  const auto [number, letters] = split_amount(text);
  if (number.empty() || number.size() > 6) return std::string(otherwise);
  const auto name = lowered(letters);
  std::string_view best = "s";
  if (name.starts_with("ms") || name.starts_with("mil")) {
    best = "ms";
  } else if (name.starts_with('m')) {
    best = "m";
  } else if (name.starts_with('h')) {
    best = "h";
  } else if (name.starts_with('d')) {
    best = "d";
  }
  return fmt::format("{}{}", number, best);
}

std::string guess_size(std::string_view text, std::string_view otherwise) {
  const auto [number, letters] = split_amount(text);
  if (number.empty() || number.size() > 12) return std::string(otherwise);
  if (letters.empty()) return fmt::format("{}B", number);
  const auto name = lowered(letters);
  for (const auto& each : size_units) {
    if (lowered(each.name) == name) return fmt::format("{}{}", number, each.name);
  }
  for (const auto& each : size_units) {
    if (lowered(each.name)[0] == name[0] && each.name.size() == 3) {
      return fmt::format("{}{}", number, each.name);
    }
  }
  return fmt::format("{}MiB", number);
}

std::string format_duration(double seconds) {
  if (!(std::abs(seconds) < 1e12)) return format_number(seconds) + "s";
  const bool negative = seconds < 0;
  auto left = static_cast<std::int64_t>(std::llround(std::abs(seconds) * 1000));
  std::string out = negative && left > 0 ? "-" : "";
  constexpr std::array<std::int64_t, 5> worth{86'400'000, 3'600'000, 60'000, 1000, 1};
  for (std::size_t i = 0; i < worth.size(); ++i) {
    const auto count = left / worth[i];
    left %= worth[i];
    if (count > 0) out += fmt::format("{}{}", count, time_units[i].name);
  }
  return out.empty() ? "0s" : out;
}

std::string format_size(double bytes) {
  constexpr std::array<std::string_view, 5> names{"KiB", "MiB", "GiB", "TiB", "PiB"};
  std::string_view name = "B";
  for (const auto larger : names) {
    if (bytes < kib || std::fmod(bytes, kib) != 0) break;
    bytes /= kib;
    name = larger;
  }
  return fmt::format("{}{}", format_number(bytes), name);
}

std::string format_number(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return fmt::format("{:.0f}", number);
  return fmt::format("{:.10g}", number);
}

}  // namespace aurora::config

#include "wire/json_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "wire/times.hpp"

namespace aurora::wire {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr char hex_digits[] = "0123456789abcdef";

/// Bytes that stand for themselves within a JSON string: printable ASCII but '"' and '\\'.
constexpr std::array<bool, 256> plain_table() {
  std::array<bool, 256> plain{};
  for (unsigned c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr auto is_plain = plain_table();

constexpr unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// The bounds of the second byte close the doors of Unicode table 3-7: overlong forms, surrogates
/// and what lies beyond U+10FFFF.
struct lead {
  std::size_t length;
  unsigned char low, high;
};
constexpr lead classify(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first < 0xF0) {
    return {3, static_cast<unsigned char>(first == 0xE0 ? 0xA0 : 0x80),
            static_cast<unsigned char>(first == 0xED ? 0x9F : 0xBF)};
  }
  if (first > 0xF4) return {0, 0, 0};
  return {4, static_cast<unsigned char>(first == 0xF0 ? 0x90 : 0x80),
          static_cast<unsigned char>(first == 0xF4 ? 0x8F : 0xBF)};
}

struct sequence {
  std::size_t length;  ///< bytes to go on by
  bool good;
};
sequence scan(std::string_view text) {
  const lead head = classify(byte_at(text, 0));
  if (head.length == 0) return {1, false};
  for (std::size_t i = 1; i < head.length; ++i) {
    if (i >= text.size()) return {i, false};
    const unsigned char low = i == 1 ? head.low : 0x80;
    const unsigned char high = i == 1 ? head.high : 0xBF;
    if (byte_at(text, i) < low || byte_at(text, i) > high) return {i, false};
  }
  return {head.length, true};
}

void escape_unit(std::string& out, unsigned code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex_digits[(code >> shift) & 0xF]);
}

void escape_ascii(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      escape_unit(out, c);
  }
}

void append_sequence(std::string& out, std::string_view bytes) {
  if (bytes.size() == 2 && bytes[0] == '\xC2' && byte_at(bytes, 1) < 0xA0) {
    escape_unit(out, byte_at(bytes, 1));  // C1: old terminals take U+009B for ESC [
  } else if (bytes == "\xE2\x80\xA8" || bytes == "\xE2\x80\xA9") {
    escape_unit(out, 0x2000u + (byte_at(bytes, 2) & 0x3Fu));  // ends a line in older JavaScript
  } else {
    out += bytes;
  }
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const sequence next = scan(text);
  return next.good ? next.length : 0;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const sequence next = scan(text);
    out += next.good ? text.substr(0, next.length) : replacement;
    text.remove_prefix(next.length);
  }
  return out;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_ += name;
  out_ += "\":";
  comma_ = false;
  return *this;
}

json_writer& json_writer::any_key(std::string_view name) {
  value(name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  out_.push_back('"');
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && is_plain[byte_at(text, run)]) ++run;
    out_ += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    const sequence next = scan(text);
    if (!next.good) {
      out_ += replacement;
    } else if (next.length == 1) {
      escape_ascii(out_, byte_at(text, 0));
    } else {
      append_sequence(out_, text.substr(0, next.length));
    }
    text.remove_prefix(next.length);
  }
  out_.push_back('"');
  comma_ = true;
  return *this;
}

json_writer& json_writer::decimal(double number, int decimals) {
  if (!std::isfinite(number)) return null();
  std::array<char, 400> digits;  // DBL_MAX in full has 309 before the point
  const auto [end, ec] = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                       std::chars_format::fixed, std::clamp(decimals, 1, 9));
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  while (text.ends_with('0') && text[text.size() - 2] != '.') text.remove_suffix(1);
  return raw(text == "-0.0" ? "0.0" : text);
}

json_writer& json_writer::seconds(duration span) {
  const auto ms = std::chrono::round<std::chrono::milliseconds>(span).count();
  const auto size = static_cast<std::uint64_t>(ms < 0 ? -ms : ms);
  separate();
  if (ms < 0) out_.push_back('-');
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size / 1000).ptr;
  out_.append(digits.data(), end);
  const unsigned rest = static_cast<unsigned>(size % 1000);
  out_.push_back('.');
  out_.push_back(static_cast<char>('0' + rest / 100));
  if (rest % 100 != 0) out_.push_back(static_cast<char>('0' + rest / 10 % 10));
  if (rest % 10 != 0) out_.push_back(static_cast<char>('0' + rest % 10));
  return *this;
}

json_writer& json_writer::value(wall_time at) {
  separate();
  out_.push_back('"');
  append_rfc3339(out_, at);
  out_.push_back('"');
  return *this;
}

json_writer& json_writer::open(char bracket) {
  separate();
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

json_writer& json_writer::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

json_writer& json_writer::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

json_writer& json_writer::integer(std::int64_t n) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

json_writer& json_writer::integer(std::uint64_t n) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace aurora::wire

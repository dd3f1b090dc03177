#include "config/utf8.hpp"

namespace aurora::config {
namespace {

struct sequence {
  std::size_t length = 0;                 ///< 0: no such first byte
  unsigned char low = 0x80, high = 0xBF;  ///< what the second byte may be
};

sequence led_by(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return {2};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {3};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  if (first >= 0xF1 && first <= 0xF3) return {4};
  return {};
}

}  // namespace

std::size_t find_bad_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    if (byte(i) < 0x80) {
      ++i;
      continue;
    }
    const auto expected = led_by(byte(i));
    if (expected.length == 0 || i + expected.length > text.size()) return i;
    if (byte(i + 1) < expected.low || byte(i + 1) > expected.high) return i;
    for (std::size_t k = 2; k < expected.length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return i;
    }
    i += expected.length;
  }
  return std::string_view::npos;
}

void append_utf8(std::string& to, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    to += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    to += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    to += static_cast<char>(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    to += static_cast<char>(0xE0 | (code_point >> 12));
    tail(6), tail(0);
  } else {
    to += static_cast<char>(0xF0 | (code_point >> 18));
    tail(12), tail(6), tail(0);
  }
}

}  // namespace aurora::config

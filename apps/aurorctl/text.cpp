#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace aurora::ctl {
namespace {

struct decoded {
  char32_t point = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

/// One code point of UTF-8; an invalid byte counts as itself, one byte long.
decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4
                             : first >= 0xE0               ? 3
                             : first >= 0xC2               ? 2
                                                           : 0;
  if (length == 0 || first >= 0xF5 || text.size() < length) return {first, 1, false};
  char32_t point = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {first, 1, false};
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  return {point, length, true};
}

struct range {
  char32_t first, last;
};

bool in(char32_t point, const range* begin, const range* end) {
  return std::any_of(begin, end,
                     [&](const range& r) { return point >= r.first && point <= r.last; });
}

std::size_t columns(char32_t point) {
  static constexpr range none[] = {
      {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
  static constexpr range two[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                                  {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                  {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                  {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  if (point < 0x300) return 1;
  if (in(point, std::begin(none), std::end(none))) return 0;
  return in(point, std::begin(two), std::end(two)) ? 2 : 1;
}

/// The length of the control sequence (ECMA-48 CSI) at the start of `text`; 0: there is none.
std::size_t csi_length(std::string_view text) {
  if (text.size() < 3 || text[0] != '\x1b' || text[1] != '[') return 0;
  std::size_t i = 2;
  while (i < text.size() && text[i] >= 0x20 && text[i] <= 0x3F) ++i;
  return i < text.size() && text[i] >= 0x40 && text[i] <= 0x7E ? i + 1 : 0;
}

/// As `csi_length`, for colours and nothing else: digits, `;` and `:` up to an `m`.
std::size_t sgr_length(std::string_view text) {
  const std::size_t length = csi_length(text);
  if (length == 0 || text[length - 1] != 'm') return 0;
  const auto inner = text.substr(2, length - 3);
  const bool plain = std::all_of(inner.begin(), inner.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == ';' || c == ':';
  });
  return plain && length <= 40 ? length : 0;
}

bool reorders(char32_t point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
         point == 0x2028 || point == 0x2029;
}

void append_hex(std::string& out, const char* prefix, char32_t value, int digits) {
  static constexpr char hex[] = "0123456789abcdef";
  out += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += hex[(value >> static_cast<unsigned>(shift)) & 0xFU];
  }
}

void append_harmless(std::string& out, std::string_view text, const decoded& c) {
  if (!c.valid) {
    append_hex(out, "\\x", c.point, 2);
  } else if (c.point == '\t' || (c.point >= 0x20 && c.point < 0x7F)) {
    out += static_cast<char>(c.point);
  } else if (c.point < 0x20 || c.point == 0x7F) {
    out += '^';
    out += static_cast<char>(c.point ^ 0x40U);
  } else if (c.point < 0xA0) {
    append_hex(out, "\\x", c.point, 2);
  } else if (reorders(c.point)) {
    append_hex(out, "\\u", c.point, 4);
  } else {
    out += text.substr(0, c.bytes);
  }
}

}  // namespace

std::size_t display_width(std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (std::all_of(text.begin(), text.end(), plain)) return text.size();
  std::size_t width = 0;
  while (!text.empty()) {
    if (const std::size_t skip = csi_length(text)) {
      text.remove_prefix(skip);
      continue;
    }
    const decoded c = decode(text);
    width += columns(c.point);
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string clip(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t mark = display_width(ellipsis);
  if (width <= mark) return std::string(ellipsis.substr(0, width == mark ? ellipsis.size() : 0));
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const decoded c = decode(text);
    if (used + columns(c.point) > width - mark) break;
    used += columns(c.point);
    out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return out += ellipsis;
}

std::string pad(std::string_view text, std::size_t width, align where) {
  const std::size_t have = display_width(text);
  std::string blanks(have < width ? width - have : 0, ' ');
  return where == align::left ? std::string(text) + blanks : blanks + std::string(text);
}

std::string neutralise(std::string_view text, sgr colours) {
  std::string out;
  out.reserve(text.size());
  bool coloured = false;
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  while (!text.empty()) {
    if (const std::size_t length = sgr_length(text)) {
      if (colours == sgr::keep) out += text.substr(0, length);
      coloured = coloured || colours == sgr::keep;
      text.remove_prefix(length);
      continue;
    }
    const decoded c = decode(text);
    append_harmless(out, text, c);
    text.remove_prefix(c.bytes);
  }
  return coloured ? out += "\x1b[0m" : out;
}

std::string without_sgr(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sgr_length(text);
    if (length == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

namespace {

/// Optimal string alignment distance: insert, delete, replace, swap of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  if (word.size() > 256) return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    if (candidate.size() > word.size() + least || word.size() > candidate.size() + least) continue;
    if (const std::size_t far = distance(word, candidate); far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise) {
  const auto near = nearest(word, candidates);
  return near ? "did you mean \"" + *near + "\"?" : std::move(otherwise);
}

std::string enumerate(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

std::string url_encode(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += hex[static_cast<unsigned char>(c) >> 4U];
      out += hex[static_cast<unsigned char>(c) & 0xFU];
    }
  }
  return out;
}

}  // namespace aurora::ctl

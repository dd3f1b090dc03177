#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aurora::reactor {

/// The length of the UTF-8 sequence that `text` begins with; 0: it begins with none (RFC 3629: no
/// overlong forms, no surrogates). `text` must not be empty.
inline std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 0 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  if ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F)) return 0;
  if ((first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F)) return 0;
  return length;
}

/// One line for a terminal, a log and JSON from bytes that a stranger wrote: line breaks and tabs
/// become spaces, other control bytes (C0, DEL, C1) and what is no UTF-8 become '?'. Cut at `most`
/// bytes, between characters, and then ends with "…".
inline std::string one_line(std::string_view text, std::size_t most) {
  constexpr std::string_view ellipsis = "…";
  std::string out;
  std::size_t room_for_ellipsis = 0;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (first == '\n' || first == '\r' || first == '\t')
      out += ' ';
    else if (length == 0 || first < 0x20 || first == 0x7F || c1)
      out += '?';
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
    if (out.size() > most) return out.substr(0, room_for_ellipsis).append(ellipsis);
    if (out.size() + ellipsis.size() <= most) room_for_ellipsis = out.size();
  }
  return out;
}

}  // namespace aurora::reactor

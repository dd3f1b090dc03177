#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "text.hpp"

namespace {

using namespace aurora::ctl;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// Where a colour sequence `ESC [ digits ; … m` that begins at `at` ends; 0: none begins there.
std::size_t colour_end(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("\x1b[")) return 0;
  for (at += 2; at < text.size(); ++at) {
    if (text[at] == 'm') return at + 1;
    if ((text[at] < '0' || text[at] > '9') && text[at] != ';' && text[at] != ':') return 0;
  }
  return 0;
}

/// Nothing that a terminal obeys but colours, and those only where they may stay.
void check_shown(std::string_view text, bool colours) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (const auto end = colours ? colour_end(text, at) : 0) {
      at = end - 1;
      continue;
    }
    require(byte == '\t' || (byte >= 0x20 && byte != 0x7f), "a control character");
    // C1 in UTF-8, and what turns the direction of reading.
    const auto next = text.substr(at);
    require(byte != 0xc2 || next.size() < 2 || static_cast<unsigned char>(next[1]) >= 0xa0, "C1");
    for (const auto* turn : {"\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068"})
      require(!next.starts_with(turn), "another direction of reading");
  }
}

void check(std::string_view text) {
  const auto kept = neutralise(text, sgr::keep);
  const auto plain = neutralise(text, sgr::strip);
  check_shown(kept, true);
  check_shown(plain, false);
  require(neutralise(plain, sgr::strip) == plain, "harmless text is changed");
  require(without_sgr(kept).size() <= kept.size(), "taking away adds");
  for (const std::size_t width : {0UL, 1UL, 7UL, 80UL}) {
    const auto cut = clip(plain, width, "…");
    require(display_width(cut) <= width, "wider than asked for");
    check_shown(cut, false);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}

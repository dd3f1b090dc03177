#include "config/words.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace aurora::config {
namespace {

constexpr std::size_t longest_quote = 60;
constexpr std::size_t longest_word = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string shorten(std::string_view text) {
  auto cut = std::min(text.size(), longest_quote);
  while (cut < text.size() && cut > 0 && continues_character(text[cut])) --cut;
  std::string shown;
  for (const char c : text.substr(0, cut)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  if (cut < text.size()) shown += "…";
  return shown;
}

std::string quote(std::string_view text) { return '"' + shorten(text) + '"'; }

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > longest_word || b.size() > longest_word) return limit + 1;
  const auto gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return limit + 1;
  using row = std::array<std::size_t, longest_word + 1>;
  row before{}, above{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] = std::min({above[j] + 1, current[j - 1] + 1, above[j - 1] + (same ? 0u : 1u)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    before = above;
    above = current;
  }
  return std::min(above[b.size()], limit + 1);
}

std::string guesser::hint(std::string_view written, const std::vector<std::string_view>& known) {
  auto limit = std::max<std::size_t>(1, written.size() / 3);
  std::string_view best;
  for (const auto word : known) {
    const auto cost = 8 + written.size() * word.size();
    if (cost > work_left_) break;
    work_left_ -= cost;
    // The name as it was written is no guess: where it is known, something else is wrong with it.
    const auto distance = edit_distance(written, word, limit);
    if (distance > limit || word == written) continue;
    best = word;
    if (distance == 0) break;
    limit = distance - 1;
  }
  return best.empty() ? std::string() : fmt::format("did you mean \"{}\"?", best);
}

}  // namespace aurora::config

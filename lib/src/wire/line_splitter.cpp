#include "wire/line_splitter.hpp"

#include <algorithm>

#include "wire/json_writer.hpp"

namespace aurora::wire {
namespace {

/// Where to cut so that the last character stays whole: a continuation byte at `at` sends the cut
/// back to the lead byte of its sequence, at most three bytes; bytes that are no UTF-8 are cut at
/// `at`.
std::size_t between_characters(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= 3 && back < at; ++back) {
    const auto byte = static_cast<unsigned char>(text[at - back]);
    if (byte < 0x80) return at;
    if (byte < 0xC0) continue;
    const std::size_t needs = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return needs > back ? at - back : at;
  }
  return at;
}

}  // namespace

void line_splitter::feed(std::string_view bytes, std::uint64_t offset, const sink& to) {
  if (offset < next_) {
    bytes.remove_prefix(std::min<std::uint64_t>(bytes.size(), next_ - offset));
    offset = next_;
  }
  if (offset != next_) flush(to);
  if (held_.empty()) held_from_ = offset;
  next_ = offset + bytes.size();
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    part(line, to);
    if (end == bytes.npos) return;
    to(held_, held_from_, false);
    held_from_ += held_.size() + 1;
    held_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void line_splitter::part(std::string_view rest, const sink& to) {
  while (held_.size() + rest.size() > limit_) {
    const auto room = limit_ - held_.size();
    held_ += rest.substr(0, room);
    rest.remove_prefix(room);
    const auto cut = between_characters(held_, held_.size());
    to(std::string_view(held_).substr(0, cut), held_from_, true);
    held_from_ += cut;
    held_.erase(0, cut);
  }
  held_ += rest;
}

void line_splitter::flush(const sink& to) {
  if (!held_.empty()) to(held_, held_from_, true);
  held_from_ += held_.size();
  held_.clear();
}

}  // namespace aurora::wire

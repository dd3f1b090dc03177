#include "top_log.hpp"

#include <algorithm>

#include "text.hpp"

namespace aurora::ctl {
namespace {

/// A tab would move the cursor by what only the terminal knows.
std::string without_tabs(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t') {
      out.append(8 - display_width(out) % 8, ' ');
    } else {
      out += c;
    }
  }
  return out;
}

std::string shortened(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void top_log::follow(std::string name) {
  name_ = std::move(name);
  lines_.clear();
  next_ = 0;
  begun_ = open_ = false;
}

void top_log::add(const log_line& line) {
  if (!begun_ || line.name != name_ || line.next <= next_) return;
  next_ = line.next;
  const std::string text = without_tabs(neutralise(shortened(line.text, longest_line), sgr::strip));
  if (open_ && !lines_.empty()) {
    if (lines_.back().size() < longest_line) lines_.back() += text;
  } else {
    append(text);
  }
  open_ = line.partial;
}

void top_log::remark(std::string text) {
  append(std::move(text));
  open_ = false;
}

void top_log::append(std::string text) {
  lines_.push_back(std::move(text));
  if (lines_.size() > most_lines) lines_.pop_front();
}

std::vector<std::string> top_log::tail(std::size_t count, std::size_t behind) const {
  const std::size_t end = lines_.size() - std::min(behind, lines_.size());
  const std::size_t begin = end - std::min(count, end);
  return {lines_.begin() + static_cast<std::ptrdiff_t>(begin),
          lines_.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace aurora::ctl

#include "table.hpp"

#include <algorithm>
#include <numeric>

namespace aurora::ctl {
namespace {

constexpr std::size_t gap = 2;

std::size_t total(const std::vector<std::size_t>& widths, const std::vector<bool>& shown) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (shown[i]) sum += widths[i] + (sum > 0 ? gap : 0);
  }
  return sum;
}

}  // namespace

std::vector<std::size_t> table::natural_widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[i].text));
    widths.push_back(widest);
  }
  return widths;
}

std::vector<std::string> table::lines(const terminal& out, std::size_t width) const {
  auto widths = natural_widths();
  std::vector<bool> shown(columns_.size(), true);
  const auto shrink = [&] {
    for (std::size_t i = columns_.size(); i-- > 0;) {
      const auto sum = total(widths, shown);
      if (sum <= width) return;
      if (!shown[i] || columns_[i].shrinks_to == 0 || widths[i] <= columns_[i].shrinks_to) continue;
      widths[i] -= std::min(sum - width, widths[i] - columns_[i].shrinks_to);
    }
  };
  if (width > 0) {
    shrink();
    while (total(widths, shown) > width) {
      std::size_t victim = columns_.size();
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool may_go = shown[i] && columns_[i].droppable > 0;
        const bool first = victim == columns_.size();
        if (may_go && (first || columns_[i].droppable > columns_[victim].droppable)) victim = i;
      }
      if (victim == columns_.size()) break;
      shown[victim] = false;
    }
    // A column that shrank before another one went may have room again.
    const auto natural = natural_widths();
    for (std::size_t i = columns_.size(); i-- > 0;) {
      const auto sum = total(widths, shown);
      if (shown[i] && widths[i] < natural[i] && sum < width) {
        widths[i] += std::min(width - sum, natural[i] - widths[i]);
      }
    }
  }
  std::vector<cell> titles;
  for (const auto& c : columns_) titles.push_back({c.title, colour::dim});
  std::vector<std::string> result{render(out, titles, widths, shown)};
  for (const auto& row : rows_) result.push_back(render(out, row, widths, shown));
  if (width > 0) {
    for (auto& text : result) {
      if (display_width(text) > width) text = clip(without_sgr(text), width, out.ellipsis());
    }
  }
  return result;
}

std::string table::render(const terminal& out, const std::vector<cell>& row,
                          const std::vector<std::size_t>& widths,
                          const std::vector<bool>& shown) const {
  std::string text;
  std::size_t blanks = 0;
  bool first = true;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!shown[i]) continue;
    const auto shape = clip(row[i].text, widths[i], out.ellipsis());
    const std::size_t fill = widths[i] - std::min(widths[i], display_width(shape));
    if (!first) blanks += gap;
    first = false;
    if (columns_[i].where == align::right) blanks += fill;
    if (!shape.empty()) {
      text.append(blanks, ' ');
      text += out.paint(row[i].tint, shape);
      blanks = 0;
    }
    if (columns_[i].where == align::left) blanks += fill;
  }
  return text;
}

}  // namespace aurora::ctl

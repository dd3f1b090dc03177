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

/// What may shrink does, the last column first, until the row fits.
void table::shrink(fit& f, std::size_t width) const {
  for (std::size_t i = columns_.size(); i-- > 0;) {
    const auto sum = total(f.widths, f.shown);
    if (sum <= width) return;
    const auto least = columns_[i].shrinks_to;
    if (!f.shown[i] || least == 0 || f.widths[i] <= least) continue;
    f.widths[i] -= std::min(sum - width, f.widths[i] - least);
  }
}

/// Whole columns go, the most dispensable first, until the row fits or none may go.
void table::drop(fit& f, std::size_t width) const {
  while (total(f.widths, f.shown) > width) {
    std::size_t victim = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool may_go = f.shown[i] && columns_[i].droppable > 0;
      const bool first = victim == columns_.size();
      if (may_go && (first || columns_[i].droppable > columns_[victim].droppable)) victim = i;
    }
    if (victim == columns_.size()) return;
    f.shown[victim] = false;
  }
}

/// A column that shrank before another one went may have room again.
void table::regrow(fit& f, const std::vector<std::size_t>& natural, std::size_t width) const {
  for (std::size_t i = columns_.size(); i-- > 0;) {
    const auto sum = total(f.widths, f.shown);
    if (!f.shown[i] || f.widths[i] >= natural[i] || sum >= width) continue;
    f.widths[i] += std::min(width - sum, natural[i] - f.widths[i]);
  }
}

std::vector<std::string> table::lines(const terminal& out, std::size_t width) const {
  fit f{natural_widths(), std::vector<bool>(columns_.size(), true)};
  if (width > 0) {
    const auto natural = f.widths;
    shrink(f, width);
    drop(f, width);
    regrow(f, natural, width);
  }
  std::vector<cell> titles;
  for (const auto& c : columns_) titles.push_back({c.title, colour::dim});
  std::vector<std::string> result;
  result.reserve(rows_.size() + 1);
  result.push_back(render(out, titles, f));
  for (const auto& row : rows_) result.push_back(render(out, row, f));
  if (width == 0) return result;
  for (auto& text : result) {
    if (display_width(text) > width) text = clip(without_sgr(text), width, out.ellipsis());
  }
  return result;
}

std::string table::render(const terminal& out, const std::vector<cell>& row, const fit& f) const {
  std::string text;
  std::size_t blanks = 0;
  bool first = true;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!f.shown[i]) continue;
    const auto shape = clip(row[i].text, f.widths[i], out.ellipsis());
    const std::size_t fill = f.widths[i] - std::min(f.widths[i], display_width(shape));
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

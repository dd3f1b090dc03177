#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "terminal.hpp"
#include "text.hpp"

namespace aurora::ctl {

struct cell {
  std::string text;
  colour tint = colour::none;
};

struct column {
  std::string title;
  align where = align::left;
  /// Columns are dropped in falling order of this when the terminal is too narrow; 0: never.
  unsigned droppable = 0;
  /// The least width this column may be cut to; 0: it is never cut.
  std::size_t shrinks_to = 0;
};

/// Rows of cells under titles, fitted to a width. Pure but for the colours of `out`.
class table {
 public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
  /// A cell for each column, in their order.
  void add(std::vector<cell> row) { rows_.push_back(std::move(row)); }

  /// The lines, each at most `width` columns wide (0: no limit, nothing is cut or dropped). First
  /// the columns that may shrink do, then droppable ones go, at last what is left is cut.
  std::vector<std::string> lines(const terminal& out, std::size_t width) const;

 private:
  struct fit {
    std::vector<std::size_t> widths;
    std::vector<bool> shown;
  };
  std::vector<std::size_t> natural_widths() const;
  void shrink(fit& f, std::size_t width) const;
  void drop(fit& f, std::size_t width) const;
  void regrow(fit& f, const std::vector<std::size_t>& natural, std::size_t width) const;
  std::string render(const terminal& out, const std::vector<cell>& row, const fit& f) const;
  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

}  // namespace aurora::ctl

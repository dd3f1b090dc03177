#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "terminal.hpp"
#include "top_model.hpp"

namespace aurora::ctl {

struct top_size {
  std::size_t rows = 24, columns = 80;
};

/// What is to be on the screen: text with the colours of `out` as SGR, nothing else in it.
struct top_page {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::vector<std::string> lines;  ///< one for each row, each at most as wide as the screen
  std::size_t selected = none;     ///< the row of the selected service
  std::size_t paged = 1;           ///< lines by which a page moves
  bool typing = false;             ///< the cursor belongs behind the last line
};

/// The page of any size, from 1 by 1. Pure but for what `out` knows of its terminal.
top_page draw_top(const terminal& out, const top_model& model, steady::time_point now,
                  top_size size);

}  // namespace aurora::ctl

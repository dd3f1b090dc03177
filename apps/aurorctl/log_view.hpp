#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

#include "answers.hpp"
#include "context.hpp"

namespace aurora::ctl {

/// How lines of output are shown.
struct log_style {
  bool timestamps = false;
  bool json = false;
  bool prefix = false;                     ///< the name before each line, in its colour
  std::shared_ptr<const re2::RE2> filter;  ///< null: every line
};

/// By the verb's flags. Throws `failure` (usage) with RE2's words where --grep is no pattern.
log_style style_of(const invocation& given);

/// Prints lines of one or several services. What a terminal would obey is made visible, but for
/// colours; a pipe gets the text as it came.
class log_view {
 public:
  log_view(terminal& out, log_style style) : out_(out), style_(std::move(style)) {}

  /// Makes room for these names, so that the lines stand in one column.
  void widen(const std::vector<std::string>& names);
  bool wants(const log_line& line) const;
  void print(const log_line& line);
  /// A line of ours between theirs, dim. Ends a line that is still open.
  void remark(std::string_view text, colour tint = colour::dim);
  /// Ends a line that is still open.
  void close();

 private:
  std::string head_of(const log_line& line) const;
  terminal& out_;
  log_style style_;
  std::size_t name_width_ = 0;
  std::string open_;  ///< whose last piece had no newline yet
};

}  // namespace aurora::ctl

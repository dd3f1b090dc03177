#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aurora {

/// Where something is written. Line and column count from 1; 0: the file as a whole.
struct position {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;  ///< in bytes
};

/// A fault found in a configuration, in four parts: where, what (the key), why, what to do.
struct diagnostic {
  enum class severity { error, warning };
  severity level = severity::error;
  position at;
  std::string key;      ///< "services.web.restart.delay"; may be empty
  std::string message;  ///< "\"5x\" is not a duration"
  std::string hint;     ///< "try \"5s\""; may be empty
};

using diagnostics = std::vector<diagnostic>;

/// "FILE:LINE:COL: services.web.restart.delay: "5x" is not a duration (try "5s")".
std::string to_string(const diagnostic& fault);

/// The line of `text` that the fault is in and a caret under its column, each after two spaces and
/// ended by a newline; long lines are cut around the caret. Empty where there is no such line.
/// Bytes that a terminal would act on are shown as '?'.
std::string caret(std::string_view text, const position& at);

/// Whether any of them is an error.
bool has_errors(const diagnostics& faults);

}  // namespace aurora

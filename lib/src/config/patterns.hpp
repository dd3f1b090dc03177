#pragma once

#include <optional>
#include <string>

#include "config/reader.hpp"

namespace aurora::config {

/// A regular expression in RE2's syntax; what RE2 says against it becomes the fault.
std::optional<std::string> read_pattern(reader& in, const node& from);

}  // namespace aurora::config

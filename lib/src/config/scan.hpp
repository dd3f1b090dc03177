#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <aurora/diagnostic.hpp>

#include "config/document.hpp"
#include "config/faults.hpp"

namespace aurora::config {

inline constexpr std::size_t largest_file = std::size_t{16} << 20;
inline constexpr unsigned deepest_nesting = 32;

/// JSON with comments (// and /* */) and trailing commas, into a document. A scanner of our own:
/// Boost.JSON's basic_parser tells its handler no position for objects, lists, literals and strings
/// with escapes, and says "syntax error" where people need to hear which comma is missing. The
/// tests hold it against Boost.JSON: what one accepts the other does.
/// A syntax error ends the scan (one fault; the document is empty), duplicate keys do not.
/// A byte order mark and bytes that are not UTF-8 are faults of their own, as are more than
/// `largest_file` bytes, told before anything is looked at.
std::unique_ptr<document> scan(std::string file, std::string text, fault_list& faults);

}  // namespace aurora::config

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aurora::config {

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629); npos: none.
std::size_t find_bad_utf8(std::string_view text);

/// Appends one code point, at most U+10FFFF and no surrogate.
void append_utf8(std::string& to, std::uint32_t code_point);

}  // namespace aurora::config

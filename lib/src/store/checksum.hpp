#pragma once

#include <string>
#include <string_view>

namespace aurora::store {

/// How many digits a checksum has.
inline constexpr std::size_t checksum_size = 8;

/// zlib's crc32 of the bytes in eight hexadecimal digits, lower case: one form only, so that two
/// are compared as text.
std::string checksum(std::string_view bytes);

}  // namespace aurora::store

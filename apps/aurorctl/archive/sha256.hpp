#pragma once

#include <string>
#include <string_view>

namespace aurora::ctl::archive {

/// SHA-256 (FIPS 180-4) of the bytes in 64 hexadecimal digits, lower case: as sha256sum(1) has it.
/// Our own, since aurorctl is to need no library but the C one.
std::string sha256(std::string_view bytes);

}  // namespace aurora::ctl::archive

#pragma once

#include <cstdint>
#include <optional>

namespace aurora::shell {

/// The number that a file of /proc begins with.
std::optional<std::uint64_t> number_in(const char* file);

}  // namespace aurora::shell

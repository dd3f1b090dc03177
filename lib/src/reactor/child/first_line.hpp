#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace aurora::reactor {

/// The first line that a program prints, on stdout or stderr, in this process's environment; for
/// short questions ("--version") of a tool that has no loop. argv[0] is a path.
/// Nothing: it could not be executed, did not end with 0, or not within `limit`; it is killed then,
/// with its process group. Blocks.
std::optional<std::string> first_line_of(const std::vector<std::string>& argv,
                                         std::chrono::milliseconds limit);

}  // namespace aurora::reactor

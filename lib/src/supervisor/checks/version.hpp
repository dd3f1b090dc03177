#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisor/ports.hpp"

namespace aurora::shell {

/// What a program says to `--version`, its first line. Nothing: it says nothing, or this is root
/// and another user could have changed the program.
std::optional<std::string> version_of(const std::string& program);

/// The command that frees a port, or tells who has it.
std::string freeing(const port_holder& holder, std::uint16_t port);

}  // namespace aurora::shell

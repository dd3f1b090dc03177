#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aurora/spec.hpp>

#include "supervisor/ports.hpp"

namespace aurora::shell {

/// Where the daemon's own PATH has a command; empty: nowhere.
std::string where_on_path(const std::string& command);

/// "pid 7 (python3)".
std::string words_of(const port_holder& holder);

/// What is missing of one prerequisite, in words; nothing: it is there.
std::optional<std::string> missing(const prerequisite& needed);

/// The command that probably brings it.
std::string package_hint(const command_exists& needed);

/// What of the configuration's `prerequisites` is not there, a line each with what to do.
std::vector<std::string> missing_prerequisites(const stack_spec& stack);

}  // namespace aurora::shell

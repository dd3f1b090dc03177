#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aurora/spec.hpp>

namespace aurora::shell {

/// What of the configuration's `prerequisites` is not there, a line each with what to do.
std::vector<std::string> missing_prerequisites(const stack_spec& stack);

/// For root: the first component of the path that another user can write, in words (whoever writes
/// the configuration is root soon). Nothing: all is well. $AURORA_ALLOW_WRITABLE_CONFIG=1 switches
/// it off.
std::optional<std::string> writable_by_others(const std::string& config_file);

}  // namespace aurora::shell

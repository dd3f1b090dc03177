#pragma once

#include <string>
#include <vector>

#include <aurora/spec.hpp>

namespace aurora::shell {

/// What of the configuration's `prerequisites` is not there, a line each with what to do.
std::vector<std::string> missing_prerequisites(const stack_spec& stack);

}  // namespace aurora::shell

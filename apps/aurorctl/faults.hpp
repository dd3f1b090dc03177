#pragma once

#include <string>

#include <aurora/config.hpp>

#include "context.hpp"

namespace aurora::ctl {

/// One fault of a configuration, as --json has it.
json::value fault_json(const diagnostic& fault);

/// All faults on stderr, each with the line that it is in. Returns: how many are errors.
std::size_t tell_faults(context& c, const std::string& file, const load_result& loaded);

/// The last line about a configuration that is invalid, and the exit code.
int tell_invalid(context& c, const std::string& file, std::size_t errors);

}  // namespace aurora::ctl

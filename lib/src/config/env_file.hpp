#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/faults.hpp"

namespace aurora::config {

using env_pairs = std::vector<std::pair<std::string, std::string>>;

/// `parse_env_file` of aurora/config.hpp, into a bounded list of faults.
env_pairs read_env_text(std::string_view text, const std::string& path, fault_list& faults);

}  // namespace aurora::config

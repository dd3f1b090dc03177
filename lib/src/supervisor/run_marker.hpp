#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/events.hpp"

namespace aurora::shell {

/// What AURORA_RUN tells of a process: whose it is, of which run.
struct run_marker {
  std::string instance;
  core::run_number run = 0;
  bool of_command = false;
};

/// "web:7:RUN_ID". A command that is run for it carries a suffix: "web:7:RUN_ID/…".
std::string marker_of(const std::string& instance, core::run_number run, const std::string& run_id);

/// None: it is no marker, or another stack's.
std::optional<run_marker> parse_marker(std::string_view marker, std::string_view run_id);

}  // namespace aurora::shell

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/events.hpp"

namespace aurora::shell {

/// What the ids of all stacks begin with that use this state directory, whatever became of its
/// files: its device, inode and time of birth. Empty: it cannot be looked at.
std::string run_id_prefix(const std::string& state_dir);
/// The id of a stack that begins now. Random: what an earlier stack left behind is not of this one.
std::string new_run_id(const std::string& state_dir);

/// What AURORA_RUN tells of a process: whose it is, of which run.
struct run_marker {
  std::string instance;
  core::run_number run = 0;
  bool of_command = false;
};

/// "web:7:RUN_ID". A command that is run for it carries a suffix: "web:7:RUN_ID/…".
std::string marker_of(const std::string& instance, core::run_number run, const std::string& run_id);

/// The id in a marker; empty: it is none.
std::string_view run_id_in(std::string_view marker);

/// None: it is no marker, or another stack's.
std::optional<run_marker> parse_marker(std::string_view marker, std::string_view run_id);

}  // namespace aurora::shell

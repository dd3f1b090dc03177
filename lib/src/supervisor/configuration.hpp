#pragma once

#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include <aurora/config.hpp>

#include "config/recorded_source.hpp"
#include "supervisor/left_behind.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora::shell {

/// A configuration as it was read, and all that it was made of.
struct configuration {
  load_result loaded;
  std::optional<std::string> unsafe;  ///< why root must not believe it
  config::source_record record;
};

/// From the disk. Blocks: for the start, or a worker.
configuration read_configuration(const std::string& path);

/// The one that was in force last, from its copy in the state directory, or where that is missing
/// or damaged from the copy before; nothing: there is none. Error: there may be one that cannot be
/// read now, in words: any other would change what runs. Blocks.
boost::system::result<std::optional<stack_spec>, std::string> last_configuration(
    const state_paths& paths);

/// The numbers of instances that operators had asked for.
void apply_scale(const left_behind& left, stack_spec& stack);

/// Where it is lost what operators had asked for, of the stack in force as many as there are are
/// taken for asked for.
void keep_found_instances(left_behind& left, const stack_spec& stack);

}  // namespace aurora::shell

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "supervisor/state_dir.hpp"

namespace aurora::shell {

/// Where the first process of a container keeps its state when the state directory cannot be
/// written (a read-only image): a directory in memory, made now. Whoever ended instead would take
/// the container along. Nothing: `wanted` can be written and what is wrong is something else, or
/// there is no other place either.
std::optional<state_paths> volatile_state(const state_paths& wanted, std::optional<gid_t> group);

/// Whether a state directory is one of these.
bool is_volatile(std::string_view directory);

/// The standing warning.
std::string volatile_words(std::string_view directory, std::string_view wanted);

}  // namespace aurora::shell

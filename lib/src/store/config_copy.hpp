#pragma once

#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "config/recorded_source.hpp"
#include "store/state_file.hpp"

/// The configuration that is in force, with all that it was made of: a daemon that comes back
/// carries on with it, whatever has become of its files and of its environment.
namespace aurora::store {

/// Replaces the copy as `save_state` does; the one before is kept as PATH.previous, unless it is
/// damaged. Where PATH holds this very record already, nothing is written, so that the previous one
/// is a different one. It may hold secrets: mode 0600. Blocks: not for the loop. Error: words with
/// the path; the old copy then stands.
boost::system::result<void, std::string> save_config_copy(const std::string& path,
                                                          const config::source_record& record);

/// Forgets the copy and the one before it.
void remove_config_copy(const std::string& path) noexcept;

/// Reads a copy; PATH.previous is read the same way. Nothing: there is none. Checksummed as a
/// whole: what comes back is what was saved. Whatever is wrong with it, the file is left as it is.
boost::system::result<std::optional<config::source_record>, load_fault> load_config_copy(
    const std::string& path);

}  // namespace aurora::store

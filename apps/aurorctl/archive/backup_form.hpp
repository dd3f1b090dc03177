#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "archive/tar.hpp"

/// What a backup looks like inside: a tar of
///   SHA256SUMS      of all that follows, in its order: `sha256sum -c SHA256SUMS` checks it
///   backup.json     where it comes from, and the name of the configuration file
///   config/…        the configuration, its includes and env files, as they lie below its directory
///   outside/…       those of them that lie elsewhere, by their absolute paths
///   state/…         what the daemon keeps, and can be given to another one
/// Pure.
namespace aurora::ctl::archive {

struct backup {
  std::string main;  ///< "aurora.json": the configuration's name below config/
  std::string config, state_dir, created_at, version;  ///< where it was made, for people
  std::vector<entry> files;                            ///< config/…, outside/… and state/…
};

/// What of the state directory is in it: no process, no pipe, no credential.
constexpr std::string_view state_files[] = {"state.json", "config.good", "events",
                                            "events.previous"};

std::string write_backup(const backup& what);

/// Error: why it is none that can be put back. Every checksum was right where there is no error.
boost::system::result<backup, std::string> parse_backup(std::string_view bytes);

}  // namespace aurora::ctl::archive

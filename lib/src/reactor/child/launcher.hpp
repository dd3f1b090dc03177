#pragma once

#include <boost/system/result.hpp>

#include "reactor/child/launch.hpp"

namespace aurora::reactor {

/// A process just started: ours to signal and to reap through its pidfd, which the caller owns.
struct spawned {
  pid_t pid = -1;
  int pidfd = -1;
};

/// Starts a program in a session of its own. Blocks for the time of a vfork and exec; its cost does
/// not grow with the size of the daemon (CLONE_VM | CLONE_VFORK; boost.md 1.4). On an error no
/// process is left behind, not even a zombie.
boost::system::result<spawned, launch_error> spawn(const launch_spec& spec);

/// Where `name` is found along the PATH of `environment`, as execvp(3) would, seen from
/// `working_dir`; `name` itself when it contains a slash. The error is ENOENT, or EACCES where
/// something by that name is there and may not be executed.
boost::system::result<std::string, launch_error> find_program(
    const std::string& name, const std::vector<std::string>& environment,
    const std::string& working_dir);

/// The value of `key` in "KEY=value" entries; empty where there is none. The last one wins.
std::string environment_value(const std::vector<std::string>& environment, std::string_view key);

}  // namespace aurora::reactor

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/child/tree.hpp"

namespace aurora::reactor {

/// Living processes in the cgroup and those below it.
std::vector<process_info> cgroup_members(const std::string& directory);
/// False: no process in it or below it. True also when that cannot be told.
bool cgroup_populated(const std::string& directory);
/// Kills all in it and below it at once; false where the kernel (before 5.14) cannot.
bool cgroup_kill(const std::string& directory);
/// How many of it the OOM killer took so far (memory.events).
std::uint64_t cgroup_oom_kills(const std::string& directory);

/// Where this process is in the hierarchy of version 2, as a directory; empty: nowhere. From the
/// texts of /proc/self/cgroup and /proc/self/mountinfo.
std::string own_cgroup(const std::string& cgroup_text, const std::string& mountinfo_text);

/// Whether `controllers`, the text of cgroup.controllers, names this one.
bool lists_controller(std::string_view controllers, std::string_view name);

/// Whether this process may make cgroups below it. Only a directory below the true root can be
/// ours: that alone has cgroup.type.
bool cgroup_delegated(const std::string& directory);

}  // namespace aurora::reactor

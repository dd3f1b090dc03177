#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include <aurora/time.hpp>

namespace aurora::shell {

/// One process of a service's tree, as /proc tells it.
struct process_row {
  pid_t pid = 0, parent = 0;
  char state = '?';  ///< of proc(5): R, S, D, Z, T …
  unsigned threads = 1;
  duration cpu{};            ///< its own, and that of children it has waited for
  std::uint64_t memory = 0;  ///< resident bytes
  duration age{};
};

struct tree_reading {
  std::vector<process_row> rows;  ///< the root first, parents before their children
  bool whole = true;              ///< false: there are more than could be looked at
};

/// The processes that descend from `root` and, where `cgroup` names a directory, all that are in
/// that. At most `most` of them. Reads some files of /proc a process: for a worker.
tree_reading read_tree(pid_t root, const std::string& cgroup, std::size_t most);

/// Its arguments, separated by NUL as the kernel keeps them; of one without (a kernel thread, a
/// zombie) its name in brackets. At most 4 KiB.
std::string read_command_line(pid_t pid);

/// Open descriptors; 0 where they may not be counted.
std::uint64_t count_descriptors(pid_t pid);

/// Of this very process.
struct own_use {
  duration cpu{};
  std::uint64_t resident = 0, virtual_memory = 0, open_fds = 0, max_fds = 0;
};
own_use read_own_use();

}  // namespace aurora::shell

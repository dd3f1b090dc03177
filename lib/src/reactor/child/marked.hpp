#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reactor/child/proc_files.hpp"

namespace aurora::reactor {

struct marked_process {
  process_info info;
  std::string marker;  ///< its AURORA_RUN
};

/// Every living process whose AURORA_RUN has `part` in it, wherever it is and whoever started it.
/// Reads all of /proc: some 20 us a process. What may not be read is not found.
std::vector<marked_process> find_marked(std::string_view part);

struct pipe_writer {
  process_info info;
  std::string pipe;  ///< its file's name
};

/// Every living leader of a session whose standard output or error is one of the named pipes in
/// that directory. What may not be looked at is not found. Throws as look_up_process.
std::vector<pipe_writer> find_writers(const std::string& directory);

/// Whatever `parent` was left with that has not executed its program yet (it still is this very
/// binary, and carries no marker) does so within microseconds; waits for that, a second at most.
void await_launches(pid_t parent);

}  // namespace aurora::reactor

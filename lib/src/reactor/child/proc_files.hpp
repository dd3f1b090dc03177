#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace aurora::reactor {

/// One process as /proc/PID/stat tells it. `started` (clock ticks since boot) makes the pid an
/// identity: a recycled pid has another start.
struct process_info {
  pid_t pid = 0, parent = 0, group = 0, session = 0;
  int threads = 1;
  std::uint64_t started = 0;
  bool alive = false;  ///< false: a zombie
};

/// Empty when there is no such process (any more), or when it cannot be read.
std::optional<process_info> read_process(pid_t pid);
/// For whoever concludes something from its absence. Empty only when there is no such process.
/// Throws boost::system::system_error where that cannot be told (no descriptors, no memory, no
/// /proc).
std::optional<process_info> look_up_process(pid_t pid);

/// The environment that the process was started with, "NAME=value" separated by NUL; empty: none,
/// or not readable.
std::string read_environment(pid_t pid);

/// The value of that variable in such an environment; empty: it has none.
std::string variable_in(std::string_view environment, std::string_view name);

/// AURORA_RUN in the environment that the process was started with; empty: none, or not readable.
std::string read_marker(pid_t pid);
/// Empty: it has none, has ended, or belongs to somebody else. Throws as look_up_process.
std::string look_up_marker(pid_t pid);

/// What is wrong with /proc, in words; empty: it is there, and shows the processes that this one
/// sees. Throws as look_up_process.
std::string proc_fault();

/// Every process that /proc shows; none where it cannot be read.
std::vector<pid_t> all_pids();

/// A whole file of /proc or /sys; empty also when it cannot be read.
std::string read_small_file(const char* path);

/// Who is whose child. Asks /proc/PID/task/*/children, or where the kernel lacks it
/// (CONFIG_PROC_CHILDREN) reads all of /proc once: so make one for each pass over the tree.
class family_reader {
 public:
  enum class source { best, table };
  explicit family_reader(source from = source::best);

  /// Children of all threads, zombies too.
  std::vector<pid_t> children_of(const process_info& parent);
  /// Children of this process' main thread: where orphans arrive, and who else it started.
  std::vector<pid_t> own_children();

 private:
  void read_table();

  bool files_ = true;
  bool read_ = false;
  std::multimap<pid_t, pid_t> table_;
};

}  // namespace aurora::reactor

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aurora/time.hpp>

/// What can be looked at of a service beside its status: its processes, the answers of its probe,
/// what it used.
namespace aurora {

struct process_view {
  int pid = 0;
  int parent = 0;
  std::string command;  ///< with its arguments, separated by blanks; secrets masked
  std::string state;    ///< as proc(5) names it: "sleeping", "disk sleep", "zombie" …
  duration cpu{};
  std::uint64_t memory_bytes = 0;
  std::optional<wall_time> started_at;
  unsigned threads = 1;
};
struct process_list {
  std::string name;                     ///< of the instance
  std::vector<process_view> processes;  ///< the main process first; none: nothing runs
  bool whole = true;                    ///< false: there are more
};

/// The answer to one probe.
struct probe_answer {
  wall_time at{};
  bool healthy = false;
  duration took{};
  std::string text;  ///< "HTTP 200", "connection refused"
};
struct probe_history {
  std::string name;
  std::vector<probe_answer> probes;  ///< the last ones, oldest first
};

struct usage_sample {
  wall_time at{};
  std::optional<double> cpu_percent;  ///< of one core, since the sample before
  std::uint64_t memory_bytes = 0;
};
struct usage_history {
  std::string name;
  std::vector<usage_sample> samples;  ///< of the last 15 minutes, oldest first
};

/// The samples of all instances that had a process at one moment.
struct usage_moment {
  struct of_instance {
    std::string name;
    std::optional<double> cpu_percent;
    std::uint64_t memory_bytes = 0;
  };
  wall_time at{};
  std::vector<of_instance> services;
};

}  // namespace aurora

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "reactor/child/kernel_features.hpp"
#include "supervisor/checks/subject.hpp"

/// What is concluded from numbers of the machine. Pure, so that a test can tell of a machine that
/// it does not have.
namespace aurora::shell {

/// Of one file system: bytes and inodes that an ordinary user may still use, and how many there
/// are; no inodes at all: they are made as needed.
struct space {
  std::uint64_t bytes_left = 0, bytes = 0;
  std::uint64_t inodes_left = 0, inodes = 0;
};
void judge_space(const std::string& directory, const space& found, notes& say);

enum class clock_state { unknown, synchronised, free_running };
void judge_clock(std::chrono::system_clock::time_point now, clock_state state, notes& say);

void judge_kernel(const reactor::kernel_features& found, notes& say);

void judge_watches(std::uint64_t wanted, std::uint64_t limit, notes& say);

/// `more`: how many processes the stack may add to the `tasks` of the machine.
void judge_pid_max(std::uint64_t tasks, std::uint64_t more, std::uint64_t limit, notes& say);

}  // namespace aurora::shell

#include "supervisor/start_up_memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <new>
#include <string>
#include <vector>

namespace aurora::shell {
namespace {

struct mapping {
  std::uintptr_t begin, end;
};

/// The mappings of files that cannot be written and hold nothing but what is in the file: no
/// relocation, breakpoint or probe has given this process a page of its own there (proc(5), smaps).
std::vector<mapping> unchanged_mappings() {
  std::ifstream maps("/proc/self/smaps");
  std::vector<mapping> found;
  mapping now{};
  bool of_a_file = false;
  for (std::string line; std::getline(maps, line);) {
    char mode[5] = "";
    mapping next{};
    unsigned long inode = 0, own = 0;
    const int fields =
        std::sscanf(line.c_str(), "%lx-%lx %4s %*x %*s %lu", &next.begin, &next.end, mode, &inode);
    if (fields == 4) {
      now = next;
      of_a_file = mode[1] == '-' && mode[3] == 'p' && inode != 0;
    } else if (of_a_file && std::sscanf(line.c_str(), "Anonymous: %lu", &own) == 1 && own == 0) {
      found.push_back(now);
    }
  }
  return found;
}

}  // namespace

void give_back_start_up_memory() noexcept {
  ::malloc_trim(0);
  try {
    // Locked memory stays: that is an error here, and what its owner wants.
    for (const auto& each : unchanged_mappings())
      ::madvise(reinterpret_cast<void*>(each.begin), each.end - each.begin, MADV_DONTNEED);
  } catch (const std::bad_alloc&) {
    // Nothing depends on it.
  }
}

}  // namespace aurora::shell

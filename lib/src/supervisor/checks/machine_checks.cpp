#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "reactor/child/proc_files.hpp"
#include "supervisor/checks/judges.hpp"
#include "supervisor/checks/numbers.hpp"
#include "supervisor/checks/passage.hpp"

/// Disk, clock and kernel.
namespace aurora::shell {
namespace {

namespace fs = std::filesystem;

void check_space(const std::string& directory, notes& say) {
  struct statvfs found {};
  if (::statvfs(directory.c_str(), &found) != 0)
    return say.warn(
        fmt::format("cannot ask for the space of '{}': {}", directory, std::strerror(errno)),
        "df " + shell_word(directory));
  const std::uint64_t unit = found.f_frsize;
  judge_space(directory,
              {found.f_bavail * unit, found.f_blocks * unit, found.f_favail, found.f_files}, say);
}

bool on_one_file_system(const std::string& one, const std::string& other) {
  struct stat first {
  }, second{};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev;
}

clock_state ask_clock() {
  timex about{};
  const int state = ::adjtimex(&about);
  if (state < 0) return clock_state::unknown;
  return state == TIME_ERROR || (about.status & STA_UNSYNC) ? clock_state::free_running
                                                            : clock_state::synchronised;
}

/// Each directory takes a watch. No more than `enough` are counted.
std::uint64_t directories_below(const std::string& path, std::uint64_t enough) {
  std::error_code ec;
  std::uint64_t count = 1;
  constexpr auto how = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(path, how, ec), end; !ec && at != end && count <= enough;
       at.increment(ec)) {
    std::error_code ignored;
    count += at->is_directory(ignored) && !at->is_symlink(ignored) ? 1 : 0;
  }
  return count;
}

void check_watches(const subject& of, notes& say) {
  const auto limit = number_in("/proc/sys/fs/inotify/max_user_watches");
  std::uint64_t wanted = 0;
  for (const auto* service : of.services) {
    if (!service->watch) continue;
    for (const auto& path : service->watch->paths)
      wanted += directories_below(path, limit.value_or(0)) * service->instances;
  }
  if (wanted > 0 && limit) judge_watches(wanted, *limit, say);
}

}  // namespace

std::optional<std::uint64_t> number_in(const char* file) {
  const auto text = reactor::read_small_file(file);
  char* end = nullptr;
  errno = 0;
  const auto value = std::strtoull(text.c_str(), &end, 10);
  if (end == text.c_str() || errno != 0) return std::nullopt;
  return value;
}

void check_disk(const subject& of, std::vector<finding>& into) {
  notes say(into, "disk");
  const auto state = existing_directory(of.paths.root);
  const auto logs = existing_directory(of.paths.logs);
  check_space(state, say);
  if (!on_one_file_system(state, logs)) check_space(logs, say);
}

void check_clock(const subject&, std::vector<finding>& into) {
  notes say(into, "clock");
  judge_clock(std::chrono::system_clock::now(), ask_clock(), say);
}

void check_kernel(const subject& of, std::vector<finding>& into) {
  notes say(into, "kernel");
  judge_kernel(reactor::find_kernel_features(), say);
  check_watches(of, say);
}

}  // namespace aurora::shell

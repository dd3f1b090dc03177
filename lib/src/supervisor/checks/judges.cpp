#include "supervisor/checks/judges.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace aurora::shell {
namespace {

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr std::uint64_t least_bytes = 64 * mebibyte;
constexpr std::uint64_t scarce = 10;  // percent
constexpr std::uint64_t none_left = 1;
constexpr int first_plausible_year = 2024;

std::uint64_t percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 100
                    : static_cast<std::uint64_t>(100.0 * static_cast<double>(part) /
                                                 static_cast<double>(whole));
}

int year_of(std::chrono::system_clock::time_point now) {
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts.tm_year + 1900;
}

}  // namespace

void judge_space(const std::string& directory, const space& found, notes& say) {
  const auto left = percent(found.bytes_left, found.bytes);
  const auto inodes = percent(found.inodes_left, found.inodes);
  const auto text = fmt::format("'{}': {} MiB, {} % of the space left, {} % of the inodes",
                                directory, found.bytes_left / mebibyte, left, inodes);
  const bool full = left < none_left || inodes < none_left || found.bytes_left < least_bytes;
  if (full) return say.fail(text, "du -xh --max-depth=1 " + shell_word(directory) + " | sort -h");
  if (std::min(left, inodes) < scarce)
    return say.warn(text, "du -xh --max-depth=1 " + shell_word(directory) + " | sort -h");
  say.ok(text);
}

void judge_clock(std::chrono::system_clock::time_point now, clock_state state, notes& say) {
  const int year = year_of(now);
  if (year < first_plausible_year)
    return say.fail(fmt::format("the clock says {}: certificates and histories go wrong", year),
                    "sudo timedatectl set-ntp true");
  if (state == clock_state::free_running)
    return say.warn("the clock is not synchronised: times in logs and histories may be wrong",
                    "sudo timedatectl set-ntp true");
  say.ok(state == clock_state::synchronised ? "the clock is plausible and synchronised"
                                            : "the clock is plausible");
}

void judge_kernel(const reactor::kernel_features& found, notes& say) {
  constexpr auto* newer = "uname -r; sudo apt-get install linux-image-amd64";
  if (!found.pidfd_open)
    say.fail(
        "pidfd_open(2) is not there (Linux 5.3, or a seccomp filter): no service can be "
        "watched",
        newer);
  if (!found.close_range)
    say.warn("close_range(2) is not there (Linux 5.11, or a seccomp filter): starts are slower",
             newer);
  if (!found.clone_into_cgroup)
    say.warn(
        "clone3(2) into a cgroup is not there (Linux 5.7, or a seccomp filter): services are "
        "moved into theirs after the start",
        newer);
  if (say.well()) say.ok("pidfd_open, close_range and clone3 into a cgroup are there");
}

void judge_watches(std::uint64_t wanted, std::uint64_t limit, notes& say) {
  const auto text = fmt::format(
      "watch: {} directories of {} that fs.inotify.max_user_watches lets "
      "this user watch",
      wanted, limit);
  const auto more = fmt::format("sudo sysctl fs.inotify.max_user_watches={}",
                                std::max<std::uint64_t>(524288, wanted * 2));
  if (wanted > limit) return say.fail(text, more);
  if (wanted > limit / 100 * (100 - scarce)) return say.warn(text, more);
  say.ok(text);
}

void judge_pid_max(std::uint64_t tasks, std::uint64_t more, std::uint64_t limit, notes& say) {
  const auto text = fmt::format("{} tasks on this machine and {} of the stack, kernel.pid_max {}",
                                tasks, more, limit);
  const auto fix = fmt::format("sudo sysctl kernel.pid_max={}", 4194304);
  if (tasks + more > limit) return say.fail(text, fix);
  if (tasks + more > limit / 100 * (100 - scarce)) say.warn(text, fix);
}

}  // namespace aurora::shell

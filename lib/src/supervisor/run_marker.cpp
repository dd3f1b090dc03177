#include "supervisor/run_marker.hpp"

#include <fmt/format.h>

#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "supervisor/numbers.hpp"

namespace aurora::shell {

std::string run_id_prefix(const std::string& state_dir) {
  struct statx about {};
  if (::statx(AT_FDCWD, state_dir.c_str(), 0, STATX_INO | STATX_BTIME, &about) != 0) return {};
  // An inode that was freed is given to the next directory: its birth tells them apart.
  const auto born = (about.stx_mask & STATX_BTIME) == 0
                        ? 0
                        : about.stx_btime.tv_sec * 1'000'000'000 + about.stx_btime.tv_nsec;
  return fmt::format("{:x}.{:x}.{:x}.", ::makedev(about.stx_dev_major, about.stx_dev_minor),
                     about.stx_ino, born);
}

std::string new_run_id(const std::string& state_dir) {
  std::random_device source;
  return fmt::format("{}{:08x}{:08x}", run_id_prefix(state_dir), source(), source());
}

std::string marker_of(const std::string& instance, core::run_number run,
                      const std::string& run_id) {
  return fmt::format("{}:{}:{}", instance, run, run_id);
}

std::string_view run_id_in(std::string_view marker) {
  marker = marker.substr(0, marker.find('/'));
  const auto colon = marker.rfind(':');
  return colon == marker.npos ? std::string_view() : marker.substr(colon + 1);
}

std::optional<run_marker> parse_marker(std::string_view marker, std::string_view run_id) {
  run_marker found;
  const auto slash = marker.find('/');
  found.of_command = slash != marker.npos;
  marker = marker.substr(0, slash);
  if (!marker.ends_with(run_id)) return std::nullopt;
  marker.remove_suffix(run_id.size());
  if (marker.empty() || marker.back() != ':') return std::nullopt;
  marker.remove_suffix(1);
  const auto colon = marker.rfind(':');
  if (colon == marker.npos) return std::nullopt;
  const auto run = number_of<core::run_number>(marker.substr(colon + 1));
  if (!run) return std::nullopt;
  found.run = *run;
  found.instance = marker.substr(0, colon);
  return found;
}

}  // namespace aurora::shell

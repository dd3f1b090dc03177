#include "supervisor/volatile_state.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace aurora::shell {
namespace {

constexpr std::array<const char*, 3> places{"/run/aurora-volatile", "/dev/shm/aurora-volatile",
                                            "/tmp/aurora-volatile"};

}  // namespace

std::optional<state_paths> volatile_state(const state_paths& wanted, std::optional<gid_t> group) {
  if (::access(wanted.root.c_str(), W_OK) == 0) return std::nullopt;
  for (const char* place : places) {
    state_paths paths(place);
    if (prepare(paths, group)) return paths;
  }
  return std::nullopt;
}

bool is_volatile(std::string_view directory) {
  return std::find(places.begin(), places.end(), directory) != places.end();
}

std::string volatile_words(std::string_view directory, std::string_view wanted) {
  return fmt::format(
      "running without persistence in '{}', since '{}' cannot be written: what operators stop, and "
      "logs, are forgotten with this container (mount a volume there; aurorctl --state-dir {})",
      directory, wanted, directory);
}

}  // namespace aurora::shell

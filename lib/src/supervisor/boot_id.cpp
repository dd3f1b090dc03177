#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "reactor/child/proc_files.hpp"
#include "supervisor/left_behind.hpp"

// In a file of its own: aurorctl asks for it, and is to link nothing that reads a journal.
namespace aurora::shell {

boost::system::result<std::string, std::string> boot_id() {
  constexpr const char* path = "/proc/sys/kernel/random/boot_id";
  errno = 0;
  auto id = reactor::read_small_file(path);
  while (!id.empty() && id.back() == '\n') id.pop_back();
  if (!id.empty()) return {boost::system::in_place_value, std::move(id)};
  return {boost::system::in_place_error,
          fmt::format("cannot read '{}': {}: aurorad knows services again by /proc (mount -t proc "
                      "proc /proc)",
                      path, std::strerror(errno))};
}

}  // namespace aurora::shell

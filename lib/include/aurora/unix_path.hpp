#pragma once

#include <fcntl.h>
#include <sys/un.h>

#include <string>

namespace aurora {

/// A name by which a Unix socket at `path` fits into a `sockaddr_un` (107 bytes), however long the
/// path is: the path itself, or one through a descriptor of its directory in /proc.
/// keep_fd: set to that descriptor, to be closed by the caller once it has connected; -1 where
/// none is needed. Where the directory cannot be opened, the path itself comes back and `connect`
/// tells why.
inline std::string connectable_path(const std::string& path, int& keep_fd) {
  keep_fd = -1;
  if (path.size() < sizeof(sockaddr_un::sun_path)) return path;
  const auto slash = path.rfind('/');
  const std::string directory = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  keep_fd = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (keep_fd < 0) return path;
  return "/proc/self/fd/" + std::to_string(keep_fd) + "/" + path.substr(slash + 1);
}

}  // namespace aurora

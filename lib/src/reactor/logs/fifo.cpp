#include "reactor/logs/fifo.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aurora::reactor::logs {
namespace {

int make(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) == 0) return 0;
  if (errno != EEXIST) return errno;
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return errno;
  if (S_ISFIFO(info.st_mode)) return 0;
  if (::unlink(path.c_str()) != 0) return errno;
  return ::mkfifo(path.c_str(), 0600) == 0 ? 0 : errno;
}

}  // namespace

int open_fifo(const std::string& path, std::size_t size,
              std::optional<std::pair<uid_t, gid_t>> owner, fifo& into) {
  if (const int error = make(path)) return error;
  constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  into.reader = descriptor(::open(path.c_str(), flags | O_NONBLOCK));
  if (!into.reader) return errno;
  into.writer = descriptor(::open(path.c_str(), flags));
  if (!into.writer) return errno;
  struct stat info {};
  if (::fstat(into.reader.get(), &info) != 0) return errno;
  const auto wanted = owner.value_or(std::pair(::geteuid(), ::getegid()));
  if ((info.st_uid != wanted.first || info.st_gid != wanted.second) &&
      ::fchown(into.reader.get(), wanted.first, wanted.second) != 0)
    return errno;
  int capacity = ::fcntl(into.reader.get(), F_GETPIPE_SZ);
  if (capacity < static_cast<int>(size)) {
    const int larger = ::fcntl(into.reader.get(), F_SETPIPE_SZ, static_cast<int>(size));
    if (larger > 0) capacity = larger;
  }
  into.capacity = static_cast<std::size_t>(capacity > 0 ? capacity : 4096);
  return 0;
}

}  // namespace aurora::reactor::logs

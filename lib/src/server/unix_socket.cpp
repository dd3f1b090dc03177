#include "server/unix_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace aurora::server {
namespace {

using boost::system::error_code;

error_code last_error() { return {errno, boost::system::system_category()}; }

struct owned_fd {
  int fd = -1;
  explicit owned_fd(int of) : fd(of) {}
  ~owned_fd() {
    if (fd >= 0) ::close(fd);
  }
  owned_fd(const owned_fd&) = delete;
  owned_fd& operator=(const owned_fd&) = delete;
  int release() { return std::exchange(fd, -1); }
};

struct scoped_umask {
  mode_t before;
  explicit scoped_umask(mode_t mask) : before(::umask(mask)) {}
  ~scoped_umask() { ::umask(before); }
  scoped_umask(const scoped_umask&) = delete;
  scoped_umask& operator=(const scoped_umask&) = delete;
};

struct split_path {
  std::string directory, name;
};
split_path split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

/// Binds NAME within the directory. A descriptor's name in /proc keeps the address short.
error_code bind_in(int directory, const std::string& name, int fd) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
  if (path.size() >= sizeof address.sun_path)
    return {ENAMETOOLONG, boost::system::system_category()};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return last_error();
  }
  return {};
}

/// Nothing but a socket of a dead daemon may be replaced.
error_code check_replaceable(int directory, const std::string& name) {
  struct stat found {};
  if (::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? error_code() : last_error();
  }
  return S_ISSOCK(found.st_mode) ? error_code()
                                 : error_code(EEXIST, boost::system::system_category());
}

/// Strict first, then wider: at no time may someone in who is not to be.
error_code give_to(int directory, const std::string& name, mode_t mode, gid_t group) {
  if (::fchownat(directory, name.c_str(), static_cast<uid_t>(-1), group, AT_SYMLINK_NOFOLLOW) !=
      0) {
    return last_error();
  }
  return ::fchmodat(directory, name.c_str(), mode, 0) == 0 ? error_code() : last_error();
}

error_code publish(int directory, const std::string& name, int fd, mode_t mode,
                   std::optional<gid_t> group) {
  const std::string fresh = "." + name + ".new";
  ::unlinkat(directory, fresh.c_str(), 0);
  {
    const scoped_umask narrow(~(group ? mode & 0700 : mode) & 0777);
    if (const auto ec = bind_in(directory, fresh, fd)) return ec;
  }
  error_code ec;
  if (group) ec = give_to(directory, fresh, mode, *group);
  if (!ec && ::listen(fd, 128) != 0) ec = last_error();
  if (!ec && ::renameat(directory, fresh.c_str(), directory, name.c_str()) != 0) ec = last_error();
  if (ec) ::unlinkat(directory, fresh.c_str(), 0);
  return ec;
}

}  // namespace

boost::system::result<int> bind_unix_socket(const std::string& path, mode_t mode,
                                            std::optional<gid_t> group) {
  const auto [directory, name] = split(path);
  const owned_fd at(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.fd < 0) return last_error();
  if (const auto ec = check_replaceable(at.fd, name)) return ec;
  owned_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd < 0) return last_error();
  if (const auto ec = publish(at.fd, name, socket.fd, mode, group)) return ec;
  return {boost::system::in_place_value, socket.release()};
}

}  // namespace aurora::server

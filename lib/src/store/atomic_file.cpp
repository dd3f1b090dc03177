#include "store/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace aurora::store {
namespace {

std::string new_of(const std::string& path) { return path + ".new"; }

outcome<void> sync_directory(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) < 0) return failed("sync", directory);
  return {};
}

std::string not_regular(const std::string& path) {
  return "'" + path + "' is not a regular file: move it away";
}

outcome<std::optional<std::string>> unreadable(std::string words) {
  return {boost::system::in_place_error, std::move(words)};
}

outcome<void> keep_previous(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) < 0) {
    if (errno == ENOENT) return {};
    return failed("look at", path);
  }
  if (!S_ISREG(found.st_mode)) return not_regular(path);
  const auto previous = previous_of(path);
  ::unlink(previous.c_str());  // what it cannot remove, the next call tells
  if (::link(path.c_str(), previous.c_str()) == 0) return {};
  // A file system without hard links: PATH is missing until the new one is in its place.
  if (::rename(path.c_str(), previous.c_str()) < 0) return failed("replace", previous);
  return {};
}

outcome<void> swap_in(const std::string& path, old_file old) {
  if (old == old_file::kept_as_previous) {
    if (auto kept = keep_previous(path); !kept) return kept;
  }
  if (::rename(new_of(path).c_str(), path.c_str()) < 0) return failed("replace", path);
  return {};
}

}  // namespace

std::string failed(const char* what, const std::string& path) {
  return std::string("cannot ") + what + " '" + path + "': " + std::strerror(errno);
}

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

descriptor& descriptor::operator=(descriptor&& from) noexcept {
  std::swap(fd_, from.fd_);
  return *this;
}

outcome<std::optional<std::string>> read_bytes(const std::string& path, std::size_t most) {
  // O_NONBLOCK: the open of a FIFO must not wait for its writer.
  const descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) {
    if (errno != ENOENT) return unreadable(failed("read", path));
    return {boost::system::in_place_value, std::nullopt};
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) < 0) return unreadable(failed("read", path));
  if (!S_ISREG(found.st_mode)) return unreadable(not_regular(path));
  const auto size = static_cast<std::size_t>(found.st_size);
  std::string bytes;
  while (size <= most && bytes.size() <= most) {
    const auto held = bytes.size();
    // One byte more than there are, to see the end; it may grow meanwhile.
    bytes.resize(held <= size ? size + 1 : held + 4096);
    const ssize_t n = ::read(fd.get(), bytes.data() + held, bytes.size() - held);
    if (n < 0 && errno != EINTR) return unreadable(failed("read", path));
    bytes.resize(held + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0) return {boost::system::in_place_value, std::move(bytes)};
  }
  return unreadable("'" + path + "' has more than " + std::to_string(most) +
                    " bytes: move it away");
}

outcome<void> write_from(const descriptor& fd, std::string_view& bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

outcome<void> write_all(const descriptor& fd, std::string_view bytes, const std::string& path) {
  return write_from(fd, bytes, path);
}

outcome<descriptor> write_new(const std::string& path, std::string_view bytes) {
  const auto next = new_of(path);
  // What an earlier daemon left half written goes, with its mode; a symlink is not followed.
  ::unlink(next.c_str());
  descriptor fd(
      ::open(next.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return failed("open", next);
  if (auto written = write_all(fd, bytes, next); !written) {
    ::unlink(next.c_str());
    return written.error();
  }
  return fd;
}

outcome<void> install_new(const std::string& path, old_file old) {
  auto done = swap_in(path, old);
  if (!done) ::unlink(new_of(path).c_str());
  return done;
}

outcome<void> replace_file(const std::string& path, std::string_view bytes, old_file old) {
  const auto fd = write_new(path, bytes);
  if (!fd) return fd.error();
  if (::fsync(fd->get()) < 0) {
    auto words = failed("sync", new_of(path));
    ::unlink(new_of(path).c_str());
    return words;
  }
  if (auto done = install_new(path, old); !done) return done;
  return sync_directory(path);
}

}  // namespace aurora::store

#include "whole_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "failure.hpp"
#include "places.hpp"

namespace aurora::ctl {
namespace {

constexpr int most_links = 40;     // as the kernel follows
constexpr int most_copies = 1000;  // of one file that was replaced

failure cannot(const char* what, const std::string& path, int error) {
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return {denied ? exit_code::not_permitted : exit_code::failed,
          std::string("cannot ") + what + " '" + path + "': " + std::strerror(error),
          denied ? "run it as the user who may, or change the permissions of the directory"
                 : "nothing was changed; try again when that is put right"};
}

/// A file beside the one to be, which is gone again unless it took that one's name.
class draft {
 public:
  draft(const std::string& beside, mode_t mode) : target_(beside) {
    for (int n = 0; fd_ < 0 && n < most_copies; ++n) {
      path_ = beside + "." + std::to_string(::getpid()) + "." + std::to_string(n) + ".new";
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
      if (fd_ < 0 && errno != EEXIST) break;
    }
    if (fd_ < 0) throw cannot("write", target_, errno);
  }
  ~draft() {
    ::close(fd_);
    if (!placed_) ::unlink(path_.c_str());
  }
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  void fill(std::string_view text) {
    while (!text.empty()) {
      const auto n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw cannot("write", target_, n < 0 ? errno : EIO);
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(fd_) != 0) throw cannot("write", target_, errno);
  }

  /// The mode and the owner of the file that it takes the place of.
  void take_after(const struct stat& old) {
    const bool other = old.st_uid != ::geteuid() || old.st_gid != ::getegid();
    if (other && ::fchown(fd_, old.st_uid, old.st_gid) != 0) {
      throw cannot("keep the owner of", target_, errno);
    }
    if (::fchmod(fd_, old.st_mode & 07777) != 0) throw cannot("keep the mode of", target_, errno);
  }

  void replace() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw cannot("write", target_, errno);
    placed_ = true;
  }

  /// Not where something is already.
  bool place() {
    int error = 0;
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) {
      placed_ = true;
      return true;
    }
    error = errno;
    if (error == EINVAL || error == ENOSYS) {  // a file system that cannot; a second name can too
      if (::link(path_.c_str(), target_.c_str()) == 0) return true;
      error = errno;
    }
    if (error == EEXIST) return false;
    throw cannot("write", target_, error);
  }

 private:
  std::string target_;
  std::string path_;
  int fd_ = -1;
  bool placed_ = false;
};

/// Where a chain of symbolic links ends, whether something is there or not.
std::string behind_links(std::string path) {
  for (int n = 0; n < most_links; ++n) {
    std::error_code none;
    const auto next = std::filesystem::read_symlink(path, none);
    if (none) return path;
    path = (std::filesystem::path(path).parent_path() / next).string();
  }
  throw cannot("write", path, ELOOP);
}

}  // namespace

bool create_whole(const std::string& path, std::string_view text, mode_t mode) {
  draft made(path, mode);
  made.fill(text);
  return made.place();
}

void replace_whole(const std::string& path, std::string_view text, mode_t mode_of_new) {
  const std::string real = behind_links(path);
  struct stat old {};
  const bool there = ::stat(real.c_str(), &old) == 0;
  if (there && !S_ISREG(old.st_mode)) throw cannot("write", real, EISDIR);
  draft made(real, there ? 0600 : mode_of_new);
  made.fill(text);
  if (there) made.take_after(old);
  made.replace();
}

std::string keep_a_copy(const std::string& path) {
  for (int n = 0; n < most_copies; ++n) {
    const std::string kept = path + ".bak" + (n == 0 ? "" : "." + std::to_string(n));
    if (::link(path.c_str(), kept.c_str()) == 0) return kept;
    if (errno == EEXIST) continue;
    if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), RENAME_NOREPLACE) == 0) {
      return kept;  // where a file cannot have two names
    }
    if (errno != EEXIST) throw cannot("keep", path, errno);
  }
  throw cannot("keep", path, EEXIST);
}

bool something_at(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

std::optional<std::string> write_new(const std::string& path, std::string_view text, bool force) {
  if (!force || !something_at(path)) {
    return create_whole(path, text, 0644) ? std::optional<std::string>("") : std::nullopt;
  }
  std::string kept = keep_a_copy(path);
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode)) {
    std::filesystem::remove(path);  // the link is kept under the other name, as it is
  }
  replace_whole(path, text, 0644);
  return kept;
}

std::optional<std::string> read_if_there(const std::string& path, const std::string& purpose) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw cannot("read", path, errno);
  }
  if (!S_ISREG(found.st_mode)) {
    throw failure(exit_code::failed, purpose + " '" + path + "' is no regular file",
                  "move it out of the way");
  }
  return read_file(path, purpose);
}

}  // namespace aurora::ctl

#include "supervisor/checks/passage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace aurora::shell {
namespace {

/// 0, or errno.
int pass(const std::string& directory, const identity& who) {
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0) return errno;
  if (!S_ISDIR(about.st_mode)) return ENOTDIR;
  // Of ourselves the kernel knows more than the mode tells.
  if (who.uid == ::geteuid() && who.gid == ::getegid())
    return ::faccessat(AT_FDCWD, directory.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
  return may(who, about, S_IXOTH) ? 0 : EACCES;
}

/// The directories above `path`, from the root on.
obstacle way_as_written(const std::string& path, const identity& who) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
    if (const int error = pass(directory, who)) return {directory, error};
  }
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return {path, errno};
  return {};
}

}  // namespace

identity ourselves() {
  identity us{::geteuid(), ::getegid(), {}};
  const int count = ::getgroups(0, nullptr);
  us.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  if (::getgroups(count, us.groups.data()) < 0) us.groups.clear();
  return us;
}

std::string words_of(const identity& who) { return fmt::format("uid {}", who.uid); }

bool may(const identity& who, const struct stat& file, mode_t wanted) {
  const bool executes = (wanted & S_IXOTH) && !S_ISDIR(file.st_mode);
  if (who.uid == 0) return !executes || (file.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
  if (file.st_uid == who.uid) return ((file.st_mode >> 6) & wanted) == wanted;
  const bool member = file.st_gid == who.gid || std::find(who.groups.begin(), who.groups.end(),
                                                          file.st_gid) != who.groups.end();
  return ((member ? file.st_mode >> 3 : file.st_mode) & wanted) == wanted;
}

obstacle way_to(const std::string& path, const identity& who) {
  if (auto found = way_as_written(path, who); found.error) return found;
  char real[PATH_MAX];
  if (::realpath(path.c_str(), real) == nullptr) return {path, errno};
  return path == real ? obstacle() : way_as_written(real, who);
}

obstacle way_into(const std::string& directory, const identity& who) {
  if (auto found = way_to(directory, who); found.error) return found;
  if (const int error = pass(directory, who)) return {directory, error};
  return {};
}

std::string existing_directory(std::string path) {
  struct stat about {};
  while (path.size() > 1 && (::stat(path.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)))
    path.erase(std::max<std::size_t>(path.rfind('/'), 1));
  return path;
}

}  // namespace aurora::shell

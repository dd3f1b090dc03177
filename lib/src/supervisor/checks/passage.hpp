#pragma once

#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace aurora::shell {

/// Somebody who may not be the user of this process.
struct identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};
identity ourselves();

/// "uid 65534".
std::string words_of(const identity& who);

/// Whether `who` may do with a file what the bits of `wanted` say (S_IROTH, S_IWOTH, S_IXOTH), by
/// its mode: access control lists are not looked at. Root may, but execute what nobody can.
bool may(const identity& who, const struct stat& file, mode_t wanted);

/// Where somebody's way to a path ends.
struct obstacle {
  std::string path;  ///< the first part that is in the way; empty: there is none
  int error = 0;     ///< why: EACCES, ENOENT, ENOTDIR …
};
/// Follows the absolute path as it is written, and where symlinks lead to; `path` itself is only
/// looked for.
obstacle way_to(const std::string& path, const identity& who);
/// Likewise, and into the directory that is there.
obstacle way_into(const std::string& directory, const identity& who);

/// The directory itself, or the nearest one above it that exists.
std::string existing_directory(std::string path);

}  // namespace aurora::shell

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace aurora::shell {

/// By what another user could change what is read or run.
struct distrust {
  std::string what;    ///< the part of the path, and whose it is
  std::string remedy;  ///< a command
};

/// The first of `files` that somebody other than root and the user of this process can change; who
/// became root by sudo(8) is no other user.
std::optional<distrust> distrusted(const std::vector<std::string>& files);

/// Whether a configuration is believed whoever can write to it: by any user but root, and by root
/// with $AURORA_ALLOW_WRITABLE_CONFIG=1.
bool trusts_all();

/// The first part of an absolute path by which somebody other than root and `us` could change what
/// is found there, in words with what to do: a file, a directory or a symlink on the way that
/// belongs to another user, or that group or others may write. A sticky directory (/tmp) may be
/// written: nobody replaces there what is another's. Nothing: all is well, or there is no such
/// path.
std::optional<std::string> changeable_by_others(const std::string& path, uid_t us);

/// For root: the first of `files` that another user can change (whoever writes the configuration is
/// root soon), in words. Nothing: all is well, or this is not root.
/// Who became root by sudo(8) is no other user. $AURORA_ALLOW_WRITABLE_CONFIG=1 switches it off.
std::optional<std::string> unsafe_for_root(const std::vector<std::string>& files);

}  // namespace aurora::shell

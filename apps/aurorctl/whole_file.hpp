#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

/// Files that other people read while they are written: whole, or as they were.
namespace aurora::ctl {

/// Makes a file that was not there, of that mode less the umask.
/// Returns: false when there is one of that name, whatever it is; it stays untouched.
/// Throws `failure` with the place and errno's words.
bool create_whole(const std::string& path, std::string_view text, mode_t mode);

/// Replaces a file, or makes it with that mode less the umask. One that is there keeps its mode and
/// its owner, and a symbolic link to it stays one. Throws `failure`.
void replace_whole(const std::string& path, std::string_view text, mode_t mode_of_new);

/// Gives a file the name `path.bak`, or the first that is free of `path.bak.1` and so on; it keeps
/// its own, too, until something takes that. Returns: the new name. Throws `failure`.
std::string keep_a_copy(const std::string& path);

/// Whether there is something of that name, a symbolic link to nothing included.
bool something_at(const std::string& path);

/// Makes a file that was not there, readable by all but for the umask. With `force` also in the
/// place of one that is, which is kept by `keep_a_copy` before; a symbolic link is kept as one.
/// Returns: where it is kept; empty: there was none; nothing: there is one, and no `force`.
/// Throws `failure`.
std::optional<std::string> write_new(const std::string& path, std::string_view text, bool force);

/// The content of a regular file; nothing: there is no such file. Throws `failure` for all else.
std::optional<std::string> read_if_there(const std::string& path, const std::string& purpose);

}  // namespace aurora::ctl

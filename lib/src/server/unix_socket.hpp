#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include <boost/system/result.hpp>

namespace aurora::server {

/// Makes a listening Unix socket at `path`, of any length.
/// It is bound under a temporary name in the same directory and a umask, given its group and mode,
/// set to listen, and only then renamed to `path`: whoever sees it sees it ready and with its final
/// mode, and one left over from a daemon that died is replaced in one step. The caller holds the
/// lock that makes sure that none of ours still listens there. The umask is the process's: call it
/// before there are threads that make files.
/// Returns: the descriptor (close-on-exec, backlog 128). Errors: of the system calls; EEXIST where
/// `path` is something else than a socket, which is never deleted.
boost::system::result<int> bind_unix_socket(const std::string& path, mode_t mode,
                                            std::optional<gid_t> group);

}  // namespace aurora::server

#pragma once

#include <sys/types.h>

#include <optional>

namespace aurora::server {

/// Whether the process at the other end of a Unix socket may give orders: root, our own user, or a
/// member of `group` where one is given. Its credentials are those it had when it connected. The
/// socket's mode says the same; this holds where a mode was widened by hand.
bool peer_may_enter(int socket, std::optional<gid_t> group);

}  // namespace aurora::server

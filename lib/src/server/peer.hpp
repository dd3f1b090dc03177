#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace aurora::server {

/// The process at the other end of a Unix socket, as it was when it connected.
struct local_peer {
  pid_t pid = 0;
  uid_t uid = 0;
  bool may_enter = false;
};

/// Who that is, and whether it may give orders: root, our own user, or a member of `group` where
/// one is given. The socket's mode says the same; this holds where a mode was widened by hand.
local_peer peer_of(int socket, std::optional<gid_t> group);

/// "127.0.0.1:50123", "[::1]:50123": the other end of a TCP connection.
std::string remote_address(int socket);
/// "127.0.0.1", "[::1]": our own end of it; an IPv4 address that came mapped is told as one.
std::string local_host(int socket);

}  // namespace aurora::server

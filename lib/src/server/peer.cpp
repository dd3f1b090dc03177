#include "server/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace aurora::server {
namespace {

bool in_group(int socket, gid_t primary, gid_t group) {
  if (primary == group) return true;
  std::vector<gid_t> groups(64);
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
    groups.resize(size / sizeof(gid_t));  // ERANGE tells how many there are
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  }
  groups.resize(size / sizeof(gid_t));
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

struct host_and_port {
  std::string host;
  unsigned port = 0;
};

host_and_port read(const sockaddr_storage& at) {
  char text[INET6_ADDRSTRLEN] = {};
  if (at.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(at);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(at);
  const unsigned port = ntohs(v6.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    return {text, port};
  }
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return {"[" + std::string(text) + "]", port};
}

}  // namespace

local_peer peer_of(int socket, std::optional<gid_t> group) {
  local_peer out;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return out;
  out.pid = peer.pid;
  out.uid = peer.uid;
  out.may_enter =
      peer.uid == 0 || peer.uid == ::geteuid() || (group && in_group(socket, peer.gid, *group));
  return out;
}

std::string remote_address(int socket) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&at), &size) != 0) return "nowhere";
  const auto shown = read(at);
  return shown.host + ":" + std::to_string(shown.port);
}

std::string local_host(int socket) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) != 0) return {};
  return read(at).host;
}

}  // namespace aurora::server

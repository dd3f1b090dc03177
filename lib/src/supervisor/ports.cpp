#include "supervisor/ports.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "reactor/child/proc_files.hpp"

namespace aurora::shell {
namespace {

constexpr const char* listening = "0A";  // TCP_LISTEN in /proc/net/tcp

void collect_listeners(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
        timeout >> inode;
    const auto colon = local.rfind(':');
    if (state != listening || colon == std::string::npos) continue;
    unsigned number = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
    if (number == port) inodes.insert("socket:[" + inode + "]");
  }
}

bool holds_any(const std::string& fd_dir, const std::set<std::string>& sockets) {
  DIR* dir = ::opendir(fd_dir.c_str());
  if (!dir) return false;
  bool found = false;
  while (const dirent* entry = ::readdir(dir)) {
    char target[64];
    const ssize_t n = ::readlinkat(::dirfd(dir), entry->d_name, target, sizeof target);
    if (n > 0 && sockets.count(std::string(target, static_cast<std::size_t>(n)))) {
      found = true;
      break;
    }
  }
  ::closedir(dir);
  return found;
}

}  // namespace

std::optional<std::uint16_t> free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  const bool ok = ::bind(fd, address, size) == 0 && ::getsockname(fd, address, &size) == 0;
  ::close(fd);
  if (!ok) return std::nullopt;
  return ntohs(at.sin_port);
}

std::optional<port_holder> who_listens(std::uint16_t port) {
  std::set<std::string> sockets;
  collect_listeners("/proc/net/tcp", port, sockets);
  collect_listeners("/proc/net/tcp6", port, sockets);
  if (sockets.empty()) return std::nullopt;
  port_holder holder;
  for (const pid_t pid : reactor::all_pids()) {
    const auto process = "/proc/" + std::to_string(pid);
    if (!holds_any(process + "/fd", sockets)) continue;
    holder.pid = pid;
    std::ifstream(process + "/comm") >> holder.program;
    break;
  }
  return holder;
}

}  // namespace aurora::shell

#include "supervisor/checks/traces.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include <aurora/unix_path.hpp>

#include "reactor/child/proc_files.hpp"
#include "reactor/child/unique_fd.hpp"
#include "supervisor/run_marker.hpp"

namespace aurora::shell {
namespace {

void look_at_lock(const std::string& path, daemon_traces& into) {
  const reactor::unique_fd lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!lock) return;
  char text[32] = {};
  if (::pread(lock.get(), text, sizeof text - 1, 0) > 0) into.holder = std::atoi(text);
  into.runs = ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool connects(const std::string& path) {
  const reactor::unique_fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int fd = -1;
  const auto name = connectable_path(path, fd);
  const reactor::unique_fd directory(fd);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!client || name.size() >= sizeof address.sun_path) return false;
  name.copy(address.sun_path, name.size());
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  // EAGAIN: its queue is full, so somebody has one.
  return ::connect(client.get(), at, sizeof address) == 0 || errno == EAGAIN;
}

void look_at_socket(const std::string& path, daemon_traces& into) {
  struct stat about {};
  into.has_socket = ::lstat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode);
  into.listens = into.has_socket && connects(path);
}

/// Its first line: "aurora-journal 1 BOOT_ID RUN_ID CRC" (store/journal_format.hpp).
void look_at_journal(const std::string& path, daemon_traces& into) {
  std::ifstream in(path);
  std::string magic, version;
  if (in >> magic >> version && magic == "aurora-journal" && version == "1")
    in >> into.boot_id >> into.run_id;
}

}  // namespace

daemon_traces look_for_daemon(const state_paths& paths) {
  daemon_traces found;
  look_at_lock(paths.lock, found);
  look_at_socket(paths.socket, found);
  look_at_journal(paths.journal, found);
  return found;
}

std::string instance_of(const port_holder& holder, const daemon_traces& daemon) {
  if (holder.pid == 0 || daemon.run_id.empty()) return {};
  const auto marker = parse_marker(reactor::read_marker(holder.pid), daemon.run_id);
  return marker ? marker->instance : std::string();
}

bool is_daemon(const port_holder& holder, const daemon_traces& daemon) {
  if (!daemon.runs || holder.pid == 0 || daemon.holder == 0) return false;
  if (holder.pid == daemon.holder) return true;
  const auto process = reactor::read_process(holder.pid);
  return process && process->parent == daemon.holder && holder.program == "aurorad";
}

}  // namespace aurora::shell

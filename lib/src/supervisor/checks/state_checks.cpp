#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "reactor/child/proc_files.hpp"
#include "reactor/child/unique_fd.hpp"
#include "supervisor/checks/passage.hpp"
#include "supervisor/checks/subject.hpp"
#include "supervisor/left_behind.hpp"

/// The state directory, and what an earlier daemon left in it.
namespace aurora::shell {
namespace {

bool exists(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0;
}

/// Reads no file and leaves none: a directory can be locked as well.
int lock_error(const std::string& directory) {
  const reactor::unique_fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return 0;  // said elsewhere
  const bool locked = ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0 || errno == EWOULDBLOCK;
  return locked ? 0 : errno;
}

void check_locks(const std::string& directory, notes& say) {
  if (const int error = lock_error(directory))
    say.fail(
        fmt::format("the file system of '{}' has no locks: {}", directory, std::strerror(error)),
        "aurorctl --state-dir /var/lib/aurora doctor");
}

std::string owner_remedy(const std::string& directory) {
  struct stat about {};
  if (::stat(directory.c_str(), &about) == 0 && about.st_uid != ::geteuid())
    return fmt::format("sudo chown -R {} {}", ::geteuid(), shell_word(directory));
  return fmt::format("chmod u+rwx,go-w {}", shell_word(directory));
}

void check_existing(const std::string& directory, notes& say) {
  if (const auto owned = check_owner(directory); !owned)
    say.fail(owned.error(), owner_remedy(directory));
}

/// There is none yet: it must be possible to make it.
void check_future(const std::string& directory, notes& say) {
  const auto above = existing_directory(directory);
  struct stat about {};
  if (exists(directory) && ::stat(directory.c_str(), &about) == 0 && !S_ISDIR(about.st_mode))
    return say.fail(fmt::format("cannot use '{}' as a directory: it is a file", directory),
                    "mv " + shell_word(directory) + " " + shell_word(directory + ".old"));
  if (::faccessat(AT_FDCWD, above.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  say.fail(fmt::format("cannot make the state directory '{}': cannot write to '{}': {}", directory,
                       above, std::strerror(errno)),
           fmt::format("sudo install -d -o {} -m 700 {}", ::geteuid(), shell_word(directory)));
}

void check_lock(const subject& of, notes& say) {
  const auto& daemon = of.daemon;
  if (!daemon.runs) return;
  const auto process = reactor::read_process(daemon.holder);
  if (daemon.holder != 0 && process && process->alive) return;
  say.warn(fmt::format("the lock '{}' is held by another process than pid {}, whose name is in it",
                       of.paths.lock, daemon.holder),
           "sudo fuser -v " + shell_word(of.paths.lock));
}

void check_socket(const subject& of, notes& say) {
  const auto& daemon = of.daemon;
  if (daemon.runs && !daemon.listens)
    return say.fail(
        fmt::format("the daemon, pid {}, does not listen on '{}'", daemon.holder, of.paths.socket),
        fmt::format("kill {} && aurorctl up -d", daemon.holder));
  if (!daemon.runs && daemon.listens)
    return say.fail(fmt::format("somebody listens on '{}', but no daemon holds '{}'",
                                of.paths.socket, of.paths.lock),
                    "sudo fuser -v " + shell_word(of.paths.socket));
  if (!daemon.runs && daemon.has_socket)
    say.warn(fmt::format("the socket '{}' is of a daemon that is gone", of.paths.socket),
             "aurorctl up -d");
}

void check_journal(const subject& of, notes& say) {
  const auto now = boot_id();
  if (of.daemon.boot_id.empty() || !now || of.daemon.boot_id == *now) return;
  say.warn(fmt::format("the journal '{}' is of another boot of the machine: what ran then is gone",
                       of.paths.journal),
           "aurorctl up -d");
}

void check_damaged(const subject& of, notes& say) {
  const auto aside = of.paths.state + ".damaged";
  if (exists(aside))
    say.warn(fmt::format("'{}' was set aside: which services were wanted is forgotten", aside),
             "rm " + shell_word(aside));
}

}  // namespace

void check_state(const subject& of, std::vector<finding>& into) {
  notes say(into, "state");
  const auto& directory = of.paths.root;
  const auto above = existing_directory(directory);
  if (const auto way = way_into(above, ourselves()); way.error)
    return say.fail(fmt::format("the way to the state directory '{}' ends at '{}': {}", directory,
                                way.path, std::strerror(way.error)),
                    "chmod o+x " + shell_word(way.path));
  above == directory ? check_existing(directory, say) : check_future(directory, say);
  check_locks(above, say);
  if (!say.well()) return;
  say.ok(above == directory ? fmt::format("'{}' is writable and ours alone", directory)
                            : fmt::format("'{}' can be made", directory));
}

void check_leftovers(const subject& of, std::vector<finding>& into) {
  notes say(into, "leftovers");
  check_lock(of, say);
  check_socket(of, say);
  check_journal(of, say);
  check_damaged(of, say);
  if (!say.well()) return;
  say.ok(of.daemon.runs ? fmt::format("the daemon runs, pid {}", of.daemon.holder)
                        : "no daemon runs, and nothing is in the way of one");
}

}  // namespace aurora::shell

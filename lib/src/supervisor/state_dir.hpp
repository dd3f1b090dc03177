#pragma once

#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include <sys/types.h>

namespace aurora::shell {

/// The places in a state directory (contract §1).
struct state_paths {
  explicit state_paths(std::string directory);
  std::string root, run, logs, socket, lock, state;
  std::string journal, events, last_exit, births, config_copy, token;
};

/// Makes the directory (0700), `logs` (0750) and `run` (0700) where they are missing. With a group
/// the directory is given to it with 0710, whatever it was before: members reach what is meant for
/// them by name (the control socket) and list nothing. Error: words with the path.
boost::system::result<void, std::string> prepare(const state_paths& paths,
                                                 std::optional<gid_t> group = std::nullopt);

/// Whether an existing state directory can be this user's. What another user can write, another
/// user can plant (a socket, a state file): root does not trust it. Error: words with the path.
boost::system::result<void, std::string> check_owner(const std::string& path);

/// The kernel's lock on a state directory: gone with its holder, however that ends.
class state_lock {
 public:
  /// Takes the lock in the name of `holder`, a pid; the error names the one that has it. The
  /// winner's files are not touched. Blocks for up to 5 s where the one that has it is dead, and
  /// only not gone yet.
  static boost::system::result<state_lock, std::string> take(const std::string& path, pid_t holder);
  /// One that was taken by a process before, whose descriptor this is.
  static state_lock adopt(int fd) { return state_lock(fd); }
  int fd() const { return fd_; }  ///< borrowed
  /// Tells whoever is turned away of another pid from now on.
  void name_holder(pid_t holder) const;
  std::string directory() const;  ///< the state directory
  state_lock(state_lock&& other) noexcept;
  state_lock& operator=(state_lock&& other) noexcept;
  ~state_lock();

 private:
  explicit state_lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace aurora::shell

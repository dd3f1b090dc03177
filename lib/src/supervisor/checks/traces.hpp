#pragma once

#include <string>

#include <sys/types.h>

#include "supervisor/ports.hpp"
#include "supervisor/state_dir.hpp"

namespace aurora::shell {

/// What tells, from outside, of the daemon of a state directory.
struct daemon_traces {
  bool runs = false;        ///< the lock is held
  pid_t holder = 0;         ///< who wrote its name into the lock; 0: nobody, or it cannot be read
  bool has_socket = false;  ///< there is one, whoever made it
  bool listens = false;     ///< somebody takes connections on it
  std::string boot_id;      ///< of the journal; empty: there is none
  std::string run_id;       ///< likewise: what its services carry in their environment
};

/// Only looks. The lock is tried for a moment, shared, and let go: a daemon that starts in that
/// moment tries again by itself.
daemon_traces look_for_daemon(const state_paths& paths);

/// The instance whose process holds a port, "web@2"; empty: it is none of that daemon's.
std::string instance_of(const port_holder& holder, const daemon_traces& daemon);
/// Whether the daemon itself holds it: its keeper or its reactor.
bool is_daemon(const port_holder& holder, const daemon_traces& daemon);

}  // namespace aurora::shell

#pragma once

namespace aurora::keeper {

/// The work of the daemon: `run` is called in a process of its own, with its end of the link
/// (protocol.hpp) and all signals blocked, as leader of a session. What it returns ends that
/// process as `std::exit` does, so that stdio is flushed and sanitizers report leaks.
struct reactor_program {
  int (*run)(int link, void* context);
  void* context;
};

/// Runs the reactor in a child and starts it again whenever it crashes; meanwhile holds its
/// descriptors and reaps its processes. For a process with one thread that is about to do nothing
/// else: it becomes a subreaper, its signals are blocked, and stay so.
/// Returns what aurorad is to exit with: what the reactor said with `leaving`, or the exit code of
/// one that gave up before it was ever ready. Never returns in the reactor's process.
int keep(const reactor_program& reactor);

}  // namespace aurora::keeper

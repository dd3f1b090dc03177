#pragma once

namespace aurora::keeper {

/// The work of the daemon: `run` is called in a process of its own, with its end of the link
/// (protocol.hpp) and all signals blocked, as leader of a session. What it returns ends that
/// process as `std::exit` does, so that stdio is flushed and sanitizers report leaks.
struct reactor_program {
  int (*run)(int link, void* context);
  void* context;
  /// What another program is executed with in place of this one (`in_place`). The first entry of
  /// the environment is the keeper's to set. Both end with a null.
  char* const* arguments;
  const char** environment;
};

/// How a program that takes the place of another one is told so, in its environment: "reactor:N"
/// with the descriptor of its end of the link, or "keeper:N" with that of the keeper's memory.
constexpr const char* in_place = "AURORA_IN_PLACE";

/// 0, 1 and 2 may come closed (from an init, from a careless parent), and the next socket would
/// become stderr: /dev/null takes their places.
void open_standard_descriptors();

/// Runs the reactor in a child and starts it again whenever it crashes; meanwhile holds its
/// descriptors and reaps its processes. For a process with one thread that is about to do nothing
/// else: it becomes a subreaper, its signals are blocked, and stay so.
/// memory: of the keeper that this process was, under another program; it goes on where that was.
/// Returns what aurorad is to exit with: what the reactor said with `leaving`, or the exit code of
/// one that gave up before it was ever ready. Never returns in the reactor's process.
int keep(const reactor_program& reactor, int memory = -1);

}  // namespace aurora::keeper

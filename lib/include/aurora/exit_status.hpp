#pragma once

#include <string>

namespace aurora {

/// How a process ended. Code and signal are different fields, never one number (wait(2)).
struct exit_status {
  enum class kind { exited, signaled, unknown };
  /// What is known beside the status: the kernel killed it for want of memory; or it ended while no
  /// daemon ran, and the status is unknown for that.
  enum class cause { none, oom, unattended };
  kind how = kind::unknown;
  int code = 0;    ///< 0 to 255 where `exited`
  int signal = 0;  ///< 1 to 64 where `signaled`
  bool core_dumped = false;
  cause why = cause::none;

  static exit_status exited(int code) { return {kind::exited, code, 0, false, cause::none}; }
  static exit_status killed(int signal, bool core = false) {
    return {kind::signaled, 0, signal, core, cause::none};
  }
  friend bool operator==(const exit_status&, const exit_status&) = default;
};

/// "exit code 3", "SIGKILL (OOM)", "SIGSEGV (core dumped)", "unknown",
/// "unknown (ended while no daemon ran)".
std::string describe(const exit_status& status);

/// "SIGTERM" for 15, "SIGRTMIN+2" for 36; "signal 99" where the number has no name.
std::string signal_name(int number);

/// The number of "SIGTERM", "TERM", "term", "15" or "SIGRTMIN+2"; 0 where there is none.
int signal_number(const std::string& name);

}  // namespace aurora

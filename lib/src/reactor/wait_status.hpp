#pragma once

#include <aurora/exit_status.hpp>

#include <sys/wait.h>

namespace aurora::reactor {

/// si_code and si_status of waitid(2).
inline exit_status decode_end(int code, int status) {
  if (code == CLD_EXITED) return exit_status::exited(status);
  return exit_status::killed(status, code == CLD_DUMPED);
}

/// The raw status of wait(2), of a process that has ended.
inline exit_status decode_wait_status(int raw) {
  if (WIFEXITED(raw)) return decode_end(CLD_EXITED, WEXITSTATUS(raw));
  return decode_end(WCOREDUMP(raw) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(raw));
}

}  // namespace aurora::reactor

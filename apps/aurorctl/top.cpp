#include "top.hpp"

#include <unistd.h>

#include <cstring>

#include "context.hpp"
#include "launch.hpp"

namespace aurora::ctl {

int verb_top(context& c) {
  if (c.given.json) {
    throw failure(exit_code::usage, "`top` has no --json: it is a table to work in",
                  "`aurorctl status --json` tells the same once");
  }
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
    if (::isatty(fd) == 1) continue;
    throw failure(exit_code::usage,
                  std::string("cannot show a table to work in: standard ") +
                      (fd == STDIN_FILENO ? "input" : "output") + " is not a terminal",
                  "run it in one, over ssh with `ssh -t`; `aurorctl status` prints a table");
  }
  const int error = replace_by("aurorctl-top");
  throw failure(
      exit_code::failed,
      std::string("cannot start aurorctl-top, which `top` takes: ") + std::strerror(error),
      "install it beside aurorctl");
}

}  // namespace aurora::ctl

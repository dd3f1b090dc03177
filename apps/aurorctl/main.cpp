#include <csignal>
#include <string>
#include <vector>

#include "context.hpp"

int main(int argc, char** argv) {
  // A reader that goes away is told by EPIPE: the work goes on and the exit code stays its own.
  std::signal(SIGPIPE, SIG_IGN);
  return aurora::ctl::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}

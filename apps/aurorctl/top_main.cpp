// aurorctl-top: what `aurorctl top` becomes, with the same arguments.
#include <csignal>
#include <string>
#include <vector>

#include "run.hpp"
#include "top.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return aurora::ctl::run_instead(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
                                  "top", aurora::ctl::show_top);
}

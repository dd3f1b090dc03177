#include <csignal>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using reactor::child;

BOOST_FIXTURE_TEST_SUITE(ending, child_fixture)

BOOST_AUTO_TEST_CASE(every_exit_code_is_exact) {
  BOOST_TEST_MESSAGE("P17: what a program exits with is what is told, 0 to 255");
  std::vector<std::unique_ptr<child>> all;
  for (int code = 0; code < 256; ++code)
    all.push_back(
        start(command({puppet_master::program(), "--mode", "exit", std::to_string(code)})));
  for (int code = 0; code < 256; ++code)
    BOOST_TEST((wait(*all[static_cast<std::size_t>(code)]) == exit_status::exited(code)),
               "exit code " << code);
}

BOOST_AUTO_TEST_CASE(every_signal_is_exact) {
  BOOST_TEST_MESSAGE("P17: what a program dies of is what is told, 1 to 64, never an exit code");
  for (int number = 1; number <= 64; ++number) {
    if (number == 32 || number == 33) continue;  // glibc's own
    puppet_master puppet;
    auto spec = puppet_spec(puppet);
    spec.limits.core = byte_count{0};
    auto process = start(spec);
    puppet.meet();
    BOOST_REQUIRE(process->signal(number));
    const bool survives = number == SIGCHLD || number == SIGCONT || number == SIGURG ||
                          number == SIGWINCH || number == SIGSTOP || number == SIGTSTP ||
                          number == SIGTTIN || number == SIGTTOU;
    if (survives) BOOST_REQUIRE(process->signal(SIGKILL));
    const auto status = wait(*process);
    BOOST_TEST((status == exit_status::killed(survives ? int{SIGKILL} : number)),
               "signal " << number << ": " << describe(status));
  }
}

BOOST_AUTO_TEST_CASE(an_ended_child_is_not_signalled) {
  BOOST_TEST_MESSAGE("Once reaped a number may be anybody's: nothing is sent to it");
  auto process = start(command({"true"}));
  BOOST_TEST((wait(*process) == exit_status::exited(0)));
  BOOST_TEST(!process->signal(SIGTERM));
  BOOST_TEST(!process->signal_group(SIGTERM));
  BOOST_TEST(process->left_over().empty());
  BOOST_TEST((wait(*process) == exit_status::exited(0)));
}

BOOST_AUTO_TEST_SUITE_END()

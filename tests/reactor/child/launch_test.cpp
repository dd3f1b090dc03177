#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;

BOOST_FIXTURE_TEST_SUITE(launching, child_fixture)

BOOST_AUTO_TEST_CASE(a_program_leads_a_session_without_a_terminal) {
  BOOST_TEST_MESSAGE("Each program leads a session and a group of its own, without a terminal");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t pid = puppet.meet();
  BOOST_TEST(pid == process->pid());
  const auto own = std::to_string(pid);
  BOOST_TEST(puppet.ask("session") ==
             "pid " + own + " group " + own + " session " + own + " tty none");
  put_down(*process);
}

BOOST_AUTO_TEST_SUITE_END()

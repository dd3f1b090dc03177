#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using reactor::child;

BOOST_FIXTURE_TEST_SUITE(adopting, child_fixture)

BOOST_AUTO_TEST_CASE(the_wait_follows_the_process_that_was_named) {
  BOOST_TEST_MESSAGE("After MAINPID the end of the starter is no end, that of the named one is");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t starter = puppet.meet();
  const auto daemon = puppet.ask_pids("escape");
  exit_status status;
  bool ended = false;
  boost::asio::co_spawn(loop, process->wait(), [&](std::exception_ptr fault, exit_status how) {
    BOOST_TEST(!fault);
    status = how;
    ended = true;
  });
  turn();
  BOOST_REQUIRE(process->adopt_main(daemon[0]));
  BOOST_TEST(process->pid() == daemon[0]);
  puppet.tell("exit 0");
  BOOST_REQUIRE(await_end(starter));
  run_until(loop, [&] { return own_children() == daemon; });  // the starter is reaped, too
  BOOST_TEST(!ended);
  BOOST_TEST(process->left_over() == daemon);
  BOOST_TEST(process->signal(SIGTERM));
  run_until(loop, [&] { return ended; });
  BOOST_TEST((status == exit_status::killed(SIGTERM)), "as subreaper the status is known");
  BOOST_TEST(process->left_over().empty());
}

BOOST_AUTO_TEST_CASE(the_named_process_may_be_somebody_elses_child) {
  BOOST_TEST_MESSAGE("Its end is told though its own parent has the status");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  const auto forked = puppet.ask_pids("fork");
  BOOST_REQUIRE(process->adopt_main(forked[0]));
  BOOST_TEST(process->signal(SIGKILL));
  BOOST_TEST((wait(*process).how == exit_status::kind::unknown));
  BOOST_TEST(process->left_over().size() == 1U);
  process->signal_tree(SIGKILL);
  await(loop, process->gone());
}

BOOST_AUTO_TEST_CASE(strangers_are_refused) {
  BOOST_TEST_MESSAGE("MAINPID of a process that is not the service's own is not believed");
  puppet_master puppet, stranger;
  auto process = start(puppet_spec(puppet));
  auto other = start(puppet_spec(stranger));
  const pid_t own = puppet.meet();
  const pid_t foreign = stranger.meet();
  BOOST_TEST(!process->adopt_main(foreign));
  BOOST_TEST(!process->adopt_main(1));
  BOOST_TEST(!process->adopt_main(::getpid()));
  BOOST_TEST(!process->adopt_main(0));
  BOOST_TEST(process->adopt_main(own));
  BOOST_TEST(process->pid() == own);
  put_down(*process);
  put_down(*other);
}

BOOST_AUTO_TEST_SUITE_END()

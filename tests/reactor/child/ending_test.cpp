#include <algorithm>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

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
  const auto harmless = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
  for (int number = 1; number <= 64; ++number) {
    auto spec = command({puppet_master::program(), "--wait", "600000"});
    spec.limits.core = byte_count{0};
    auto process = start(spec);
    BOOST_REQUIRE(process->signal(number));
    const bool survives = std::count(harmless.begin(), harmless.end(), number) != 0;
    if (survives) BOOST_REQUIRE(process->signal(SIGKILL));
    const auto status = wait(*process);
    BOOST_TEST((status == exit_status::killed(survives ? int{SIGKILL} : number)),
               "signal " << number << ": " << describe(status));
  }
}

BOOST_AUTO_TEST_CASE(a_core_dump_is_told) {
  BOOST_TEST_MESSAGE("P17: the core flag is the kernel's, not a guess by the signal");
  if (read_file("/proc/sys/kernel/core_pattern") != "core\n") {
    BOOST_TEST_MESSAGE("could not run: cores are piped or named otherwise here");
    return;
  }
  temp_dir directory;
  auto spec = command({puppet_master::program(), "--mode", "raise", "SIGSEGV"});
  spec.working_dir = directory.path().string();
  spec.limits.core = byte_count{std::uint64_t{64} << 20};
  BOOST_TEST((wait(*start(spec)) == exit_status::killed(SIGSEGV, true)));
}

BOOST_AUTO_TEST_CASE(an_ended_child_is_not_signalled) {
  BOOST_TEST_MESSAGE("Once reaped a number may be anybody's: nothing is sent to it");
  auto process = start(command({"true"}));
  BOOST_TEST((wait(*process) == exit_status::exited(0)));
  BOOST_TEST(!process->signal(SIGTERM));
  BOOST_TEST(!process->signal_group(SIGTERM));
  BOOST_TEST(process->left_over().empty());
  BOOST_TEST((wait(*process) == exit_status::exited(0)), "it answers again");
}

BOOST_AUTO_TEST_CASE(who_ignores_term_is_killed) {
  BOOST_TEST_MESSAGE("P02: a program that ignores SIGTERM goes by SIGKILL, and that is told");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  puppet.ask("ignore SIGTERM");
  BOOST_TEST(process->signal_group(SIGTERM));
  BOOST_TEST(puppet.ask("pid") == std::to_string(process->pid()));
  BOOST_TEST(process->left_over().size() == 1U);
  process->signal_tree(SIGKILL);
  BOOST_TEST((wait(*process) == exit_status::killed(SIGKILL)));
  await(loop, process->gone());
}

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_and_asked_again) {
  BOOST_TEST_MESSAGE("Cancelling a wait takes no status: the next one has it");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  puppet.meet();
  boost::asio::cancellation_signal cancel;
  bool aborted = false;
  auto on_end = [&](std::exception_ptr fault, exit_status) { aborted = fault != nullptr; };
  boost::asio::co_spawn(loop, process->wait(),
                        boost::asio::bind_cancellation_slot(cancel.slot(), on_end));
  turn();
  cancel.emit(boost::asio::cancellation_type::terminal);
  run_until(loop, [&] { return aborted; });
  puppet.tell("exit 5");
  BOOST_TEST((wait(*process) == exit_status::exited(5)));
}

BOOST_AUTO_TEST_CASE(a_destroyed_child_lives_on) {
  BOOST_TEST_MESSAGE("Letting go of a child neither kills nor waits");
  puppet_master puppet;
  auto process = start(puppet_spec(puppet));
  const pid_t pid = puppet.meet();
  process.reset();
  BOOST_TEST(puppet.ask("pid") == std::to_string(pid));
  puppet.tell("exit 0");
  run_until(loop, [&] { return reaper.reaped() == 1; });
}

BOOST_AUTO_TEST_CASE(hundreds_that_end_at_once_are_told_at_once) {
  BOOST_TEST_MESSAGE("Looking for what 300 leave behind costs a look, not one each");
  const auto spec = command({puppet_master::program(), "--wait", "600000"});
  std::vector<std::unique_ptr<child>> all;
  for (int n = 0; n < 300; ++n) all.push_back(start(spec));
  for (auto& one : all) one->signal_group(SIGTERM);
  for (auto& one : all) BOOST_REQUIRE(await_end(one->pid()));
  const double before = cpu_seconds();
  for (auto& one : all) {
    BOOST_TEST((wait(*one) == exit_status::killed(SIGTERM)));
    BOOST_TEST(one->left_over().empty());
  }
  const double took = cpu_seconds() - before;
  BOOST_TEST_MESSAGE("300 ends in " << took * 1000 << " ms of processor time");
  BOOST_TEST(took < 1.0);
}

BOOST_AUTO_TEST_SUITE_END()

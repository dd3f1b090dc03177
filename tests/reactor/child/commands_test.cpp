#include <chrono>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using namespace std::chrono_literals;

namespace {

struct command_fixture : child_fixture {
  reactor::command_result run(const reactor::launch_spec& spec, duration limit = 30s,
                              std::size_t most_output = 4096) {
    return await(loop, reactor::run_command(spec, limit, most_output));
  }
  reactor::command_result shell(const std::string& script) {
    return run(command({"/bin/sh", "-c", script}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(commands, command_fixture)

BOOST_AUTO_TEST_CASE(a_command_that_succeeds) {
  BOOST_TEST_MESSAGE("Exit 0 is success; stdout and stderr are kept in the order written");
  const auto result = shell("echo one; echo two >&2; echo three");
  BOOST_TEST(result.ok());
  BOOST_TEST(result.output == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(a_command_that_fails) {
  BOOST_TEST_MESSAGE("A failure is told with its code and the last line that it printed");
  const auto result = shell("echo first; echo 'no disk'; exit 3");
  BOOST_TEST(!result.ok());
  BOOST_TEST(describe(result) == "exit code 3: no disk");
}

BOOST_AUTO_TEST_CASE(what_a_command_prints_is_shown_short_and_harmless) {
  BOOST_TEST_MESSAGE(
      "The last line becomes evidence: 200 bytes of it, and no control of a terminal");
  const auto noisy = shell(R"(printf 'a\033[2J\302\2332Jb\tc'; exit 3)");
  BOOST_TEST(describe(noisy) == "exit code 3: a?[2J?2Jb c");
  const auto endless = shell("head -c 4000 /dev/zero | tr '\\0' x; exit 3");
  const std::string prefix = "exit code 3: ";
  BOOST_TEST(describe(endless) == prefix + std::string(197, 'x') + "…");
}

BOOST_AUTO_TEST_CASE(a_command_that_cannot_be_started) {
  BOOST_TEST_MESSAGE("What cannot be started says so in the words of the launch");
  const auto result = run(command({"/nonexistent/hook"}));
  BOOST_REQUIRE(result.not_started.has_value());
  BOOST_TEST(!result.ok());
  BOOST_TEST(describe(result).find("exec: '/nonexistent/hook'") == 0U);
}

BOOST_AUTO_TEST_CASE(a_command_that_hangs_is_killed_as_a_tree) {
  BOOST_TEST_MESSAGE(
      "P23: past its limit a command goes with all that it started, in its own time");
  puppet_master puppet;
  auto spec = puppet_spec(puppet);
  bool done = false;
  reactor::command_result result;
  boost::asio::co_spawn(loop, reactor::run_command(spec, 50ms, 4096),
                        [&](std::exception_ptr, reactor::command_result told) {
                          result = std::move(told);
                          done = true;
                        });
  turn();
  puppet.meet();
  const auto tree = puppet.ask_pids("setsid-tree 3");
  run_until(loop, [&] { return done; });
  BOOST_TEST(result.timed_out);
  BOOST_TEST(!result.ok());
  BOOST_TEST((result.status == exit_status::killed(SIGKILL)));
  BOOST_TEST(describe(result) == "timed out after 50ms");
  for (const pid_t pid : tree) BOOST_TEST(!is_alive(pid));
}

BOOST_AUTO_TEST_CASE(a_cancelled_command_is_killed_as_a_tree) {
  BOOST_TEST_MESSAGE("Whoever gives up on a command leaves nothing of it behind");
  puppet_master puppet;
  boost::asio::cancellation_signal cancel;
  bool done = false;
  auto on_end = [&](std::exception_ptr, const reactor::command_result&) { done = true; };
  boost::asio::co_spawn(loop, reactor::run_command(puppet_spec(puppet), 1h, 4096),
                        boost::asio::bind_cancellation_slot(cancel.slot(), on_end));
  turn();
  puppet.meet();
  const auto tree = puppet.ask_pids("setsid-tree 2");
  cancel.emit(boost::asio::cancellation_type::terminal);
  run_until(loop, [&] { return done; });
  for (const pid_t pid : tree) BOOST_TEST(!is_alive(pid));
}

BOOST_AUTO_TEST_CASE(output_is_bounded_and_never_blocks) {
  BOOST_TEST_MESSAGE("A command that prints 8 MiB ends, and 100 bytes of it are kept");
  const auto result =
      run(command({"/bin/sh", "-c", "head -c 8388608 /dev/zero | tr '\\0' x"}), 30s, 100);
  BOOST_TEST(result.ok());
  BOOST_TEST(result.output == std::string(100, 'x'));
}

BOOST_AUTO_TEST_CASE(who_holds_the_pipe_is_not_waited_for) {
  BOOST_TEST_MESSAGE("The end of a command is its exit, not the end of its output");
  puppet_master puppet;
  bool done = false;
  reactor::command_result result;
  boost::asio::co_spawn(loop, reactor::run_command(puppet_spec(puppet), 1h, 4096),
                        [&](std::exception_ptr, reactor::command_result told) {
                          result = std::move(told);
                          done = true;
                        });
  turn();
  puppet.meet();
  const auto holder = puppet.ask_pids("escape");
  puppet.ask("out last words");
  puppet.tell("exit 0");
  run_until(loop, [&] { return done; });
  BOOST_TEST(result.ok());
  BOOST_TEST(result.output == "last words\n");
  BOOST_TEST(is_alive(holder[0]));
  ::kill(holder[0], SIGKILL);
  run_until(loop, [&] { return reaper.reaped() == 1; });
}

BOOST_AUTO_TEST_CASE(killing_a_hook_spares_the_service) {
  BOOST_TEST_MESSAGE("A hook with the service's AURORA_RUN takes no escapee of the service along");
  puppet_master puppet;
  auto service = start(puppet_spec(puppet));
  puppet.meet();
  const auto daemon = puppet.ask_pids("escape");
  auto hook = command({puppet_master::program(), "--wait", "600000"});
  hook.environment = puppet.environment();
  BOOST_TEST(run(hook, 20ms).timed_out);
  BOOST_TEST(is_alive(daemon[0]));
  BOOST_TEST(puppet.ask("pid") == std::to_string(service->pid()));
  put_down(*service);
}

BOOST_AUTO_TEST_SUITE_END()

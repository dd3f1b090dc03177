#include <sys/prctl.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using reactor::child;

namespace {

constexpr int storm = 10'000;

/// 10,000 orphans end while 20 children of ours do; nobody gets the status of another.
void ride_out_the_storm() {
  boost::asio::io_context loop;
  reactor::orphan_reaper reaper(loop.get_executor());
  reaper.start();
  puppet_master puppet;
  reactor::launch_spec spec;
  spec.argv = {puppet_master::program()};
  spec.environment = puppet.environment();
  auto source = launched(loop, spec);
  puppet.meet();
  std::vector<std::unique_ptr<child>> known;
  for (int code = 0; code < 20; ++code) {
    spec.argv = {puppet_master::program(), "--mode", "exit", std::to_string(code)};
    known.push_back(launched(loop, spec));
  }
  require(puppet.ask("orphans " + std::to_string(storm)) == std::to_string(storm), "orphans");
  const double before = cpu_seconds();
  run_until(loop, [&] { return reaper.reaped() >= storm; });
  // The processor's time, not the wall's: the machine may be busy with other tests.
  const double took = cpu_seconds() - before;
  std::fprintf(stderr, "%d orphans reaped in %.3f s of processor time\n", storm, took);
  require(took < 1.0, "all reaped within a second");
  for (int code = 0; code < 20; ++code) {
    const auto status = await(loop, known[static_cast<std::size_t>(code)]->wait());
    require(status == exit_status::exited(code), "status of " + std::to_string(code));
  }
  require(reaper.reaped() == storm, "only orphans");
  puppet.tell("exit 9");
  require(await(loop, source->wait()) == exit_status::exited(9), "status of the source");
  require(own_children().empty(), "nobody left");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(orphans, child_fixture)

BOOST_AUTO_TEST_CASE(as_subreaper) {
  BOOST_TEST_MESSAGE("P06: 10,000 orphans are reaped within a second, and no status is taken");
  BOOST_TEST(in_fork([] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    ride_out_the_storm();
  }));
}

BOOST_AUTO_TEST_CASE(as_pid_1) {
  BOOST_TEST_MESSAGE("P05: the same as pid 1 of a container");
  if (!is_root()) return;
  BOOST_TEST(as_pid_one(ride_out_the_storm));
}

BOOST_AUTO_TEST_CASE(a_child_nobody_waits_for_hides_no_orphan) {
  BOOST_TEST_MESSAGE("An ended child without a waiter keeps its status, the orphans behind it go");
  puppet_master puppet;
  auto source = start(puppet_spec(puppet));
  puppet.meet();
  auto unwaited = start(command({puppet_master::program(), "--mode", "exit", "4"}));
  BOOST_REQUIRE(await_end(unwaited->pid()));
  puppet.ask("orphans 10");
  run_until(loop, [&] { return reaper.reaped() == 10; });
  BOOST_TEST((wait(*unwaited) == exit_status::exited(4)));
  put_down(*source);
}

BOOST_AUTO_TEST_CASE(stopped_it_takes_nobody) {
  BOOST_TEST_MESSAGE("A reaper that was stopped leaves the children of its host alone");
  reaper.stop();
  auto process = start(command({"true"}));
  BOOST_REQUIRE(await_end(process->pid()));
  turn();
  BOOST_TEST(reaper.reaped() == 0U);
  wait(*process);
}

BOOST_AUTO_TEST_SUITE_END()

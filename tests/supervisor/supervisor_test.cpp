#include <aurora/supervisor.hpp>

#include <csignal>
#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "support/await.hpp"
#include "support/temp_dir.hpp"

using namespace aurora;

namespace {

struct fixture {
  supervisor_options in(const std::string& name) { return {folder / name}; }

  stack_spec one_service() {
    service_spec service;
    service.name = "one";
    service.command = {{"/bin/sleep"}, {"1000"}};
    service.working_dir = "/";
    stack_spec stack;
    stack.services = {service};
    return stack;
  }

  static bool runs(const supervisor& which) { return which.status().at(0).state == state::running; }

  boost::asio::io_context loop;
  test::temp_dir folder;
};

bool is_in_use(const std::runtime_error& fault) {
  return std::string(fault.what()).find("already running: pid") != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisors, fixture)

BOOST_AUTO_TEST_CASE(a_state_directory_is_of_one_supervisor) {
  BOOST_TEST_MESSAGE("Two would take each other's pipes: the second is turned away, and waits");
  supervisor first(loop.get_executor(), one_service(), in("state"));
  supervisor second(loop.get_executor(), one_service(), in("state"));
  first.start();
  BOOST_CHECK_EXCEPTION(second.start(), std::runtime_error, is_in_use);
  test::run_until(loop, [&] { return runs(first); });
  test::await(loop, first.stop());
  second.start();
  test::run_until(loop, [&] { return runs(second); });
  test::await(loop, second.stop());
}

BOOST_AUTO_TEST_CASE(a_state_that_is_refused_can_be_asked_for_again) {
  std::filesystem::create_directories(folder / "state/state.json");
  supervisor only(loop.get_executor(), one_service(), in("state"));
  BOOST_CHECK_THROW(only.start(), std::runtime_error);
  std::filesystem::remove(folder / "state/state.json");
  only.start();
  test::await(loop, only.stop());
}

BOOST_AUTO_TEST_CASE(limits_that_take_a_cgroup_are_told) {
  auto stack = one_service();
  stack.services[0].limits.tasks = 100;
  supervisor limited(loop.get_executor(), stack, in("limited"));
  BOOST_TEST(limited.warnings().empty());
  limited.start();
  test::run_until(loop, [&] { return runs(limited); });
  BOOST_REQUIRE(limited.warnings().size() == 1U);
  BOOST_TEST(limited.warnings()[0].find("limits of one: cpu and tasks need") == 0U);
  stack.services[0].limits.tasks.reset();
  limited.apply(stack);
  test::run_until(loop, [&] { return limited.warnings().empty(); });
  test::await(loop, limited.stop());
}

BOOST_AUTO_TEST_CASE(what_was_stopped_stays_stopped_in_the_next_life) {
  for (const bool again : {false, true}) {
    supervisor life(loop.get_executor(), one_service(), in("state"));
    life.start();
    BOOST_TEST((life.status().at(0).desired == desired_state::down) == again);
    BOOST_TEST(!life.stop_services({"nobody"}));
    BOOST_TEST(life.stop_services({"one"}));
    test::await(loop, life.stop());
  }
}

BOOST_AUTO_TEST_CASE(an_end_is_seen_also_where_the_host_ignores_SIGCHLD) {
  BOOST_TEST_MESSAGE("The kernel keeps no status then: it is told as unknown");
  auto stack = one_service();
  stack.services[0].command = {{"/bin/true"}};
  stack.services[0].restart.policy = restart_policy::never;
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  supervisor only(loop.get_executor(), stack, in("state"));
  only.start();
  test::run_until(loop, [&] { return only.status().at(0).last_exit.has_value(); });
  BOOST_TEST((only.status().at(0).last_exit->how == exit_status::kind::unknown));
  test::await(loop, only.stop());
  ::signal(SIGCHLD, before);
}

BOOST_AUTO_TEST_SUITE_END()

#include "supervisor/control.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <latch>

#include "reactor/task_scope.hpp"
#include "supervisor/state_dir.hpp"
#include "support/await.hpp"
#include "support/temp_dir.hpp"

using namespace aurora;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::temp_dir;

namespace {

/// A supervisor without services, on a loop that the test turns.
struct supervised {
  explicit supervised(const std::string& services = "{}", bool keeps = false) : remembers(keeps) {
    test::write_file(config, R"({"version": 1, "services": )" + services + "}");
    BOOST_REQUIRE(shell::prepare(shell::state_paths(home / ".aurora")));
    stack_spec empty;
    empty.config_file = config;
    driver.emplace(loop.get_executor(), empty, options());
    BOOST_REQUIRE(driver->load());
    driver->open();
    driver->begin();
    shell::control::options how;
    how.config_file = config;
    control.emplace(*driver, how);
  }

  shell::driver::options options() const {
    shell::driver::options how;
    how.state_dir = home / ".aurora";
    how.remembers = remembers;
    return how;
  }

  /// Both workers are in work that does not end before `release`.
  void hold_workers() {
    for (int i = 0; i < 2; ++i)
      boost::asio::post(driver->workers().executor(), [this] { released.wait(); });
  }
  void release() { released.count_down(); }

  void stop() { test::await(loop, driver->stop()); }

  bool remembers;
  temp_dir home;
  std::string config = home / "aurora.json";
  std::latch released{1};
  boost::asio::io_context loop;
  std::optional<shell::driver> driver;
  std::optional<shell::control> control;
};

awaitable<void> reload(shell::control& of, int& done) {
  auto reloading = of.reload(std::nullopt);
  const auto told = co_await std::move(reloading);
  if (told) ++done;
}

awaitable<void> check(shell::control& of, bool& done) {
  auto checking = of.check({});
  co_await std::move(checking);
  done = true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(reloads_that_wait_for_another_sleep) {
  // C11, O4: while one reads a slow file the others wait without turning the loop; all are done.
  supervised on;
  on.hold_workers();
  reactor::task_scope tasks(on.loop.get_executor());
  int done = 0;
  for (int i = 0; i < 4; ++i) tasks.spawn(reload(*on.control, done));
  int turns = 0;
  while (turns < 10'000 && on.loop.poll_one() != 0) ++turns;
  BOOST_TEST(turns < 1'000);
  on.release();
  test::await(on.loop, tasks.join());
  BOOST_TEST(done == 4);
  on.stop();
}

BOOST_AUTO_TEST_CASE(what_is_kept_for_rollback_is_what_was_in_force) {
  // Also where the copy of it is still being written: it is large, and what comes is small.
  supervised on("{}", true);
  config::source_record large;
  large.main_file = on.config;
  large.files[on.config].text = std::string(8 << 20, 'x');
  on.driver->save_configuration(large);
  int done = 0;
  test::await(on.loop, reload(*on.control, done));
  BOOST_TEST(done == 1);
  BOOST_TEST(test::read_file(on.home / ".aurora/config.good").size() == std::size_t{8} << 20);
  on.stop();
}

BOOST_AUTO_TEST_CASE(the_loop_turns_while_a_worker_hangs_at_the_end) {
  // A worker that is stuck in the kernel keeps the end waiting, but not the loop: signals are
  // heard.
  supervised on;
  on.hold_workers();
  bool stopped = false, ticked = false;
  reactor::task_scope tasks(on.loop.get_executor());
  boost::asio::steady_timer tick(on.loop, 10ms);
  boost::asio::co_spawn(on.loop, on.driver->stop(), [&](std::exception_ptr) { stopped = true; });
  tick.async_wait([&](auto) { ticked = true; });
  test::run_until(on.loop, [&] { return ticked; });
  BOOST_TEST(!stopped);
  on.release();
  test::run_until(on.loop, [&] { return stopped; });
}

BOOST_AUTO_TEST_CASE(a_name_given_often_is_one_target) {
  // O5: ten thousand times the same name costs as much as once, and is answered once.
  supervised on(R"({"web": {"command": "true", "autostart": false, "instances": 1000}})");
  int done = 0;
  test::await(on.loop, reload(*on.control, done));
  const auto told = on.control->services(std::vector<std::string>(10'000, "web"));
  BOOST_REQUIRE(told);
  BOOST_TEST(told->size() == 1000u);
  const auto none = on.control->services({std::string(1 << 20, 'x')});
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().title.size() < 200u);
  on.stop();
}

BOOST_AUTO_TEST_CASE(a_check_ends_with_who_asked) {
  // A probe of ten minutes does not outlive the client, nor hold up the end of the daemon.
  supervised on(
      R"({"far": {"type": "external", "health": {"exec": ["sleep", "1000"], "timeout": "10m"},
                            "autostart": false}})");
  int reloaded = 0;
  test::await(on.loop, reload(*on.control, reloaded));
  BOOST_REQUIRE(reloaded == 1);
  reactor::task_scope tasks(on.loop.get_executor());
  bool done = false;
  tasks.spawn(check(*on.control, done));
  while (on.loop.poll_one() != 0) continue;
  BOOST_TEST(!done);
  tasks.request_stop();
  test::await(on.loop, tasks.join());
  on.stop();
}

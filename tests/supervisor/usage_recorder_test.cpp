#include "supervisor/usage_recorder.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "supervisor/tree_reading.hpp"
#include "support/await.hpp"

using namespace aurora;
using namespace std::chrono_literals;

namespace {

constexpr core::instance_id web{1}, gone{2};

/// A recorder that looks at this very process, and at one that there is not.
struct recording {
  shell::usage_recorder::options options(duration linger, duration kept) {
    shell::usage_recorder::options how;
    how.subjects = [this] {
      ++asked;
      return std::vector<shell::usage_recorder::subject>{{web, 1, "web", ::getpid(), "", 1s},
                                                         {gone, 1, "gone", 0, "", 1s}};
    };
    how.on_moment = [this](const usage_moment& now) { told.push_back(now); };
    how.step = 5ms;
    how.linger = linger;
    how.kept = kept;
    return how;
  }
  explicit recording(duration linger, duration kept = 1h)
      : recorder(loop.get_executor(), workers, options(linger, kept)) {}
  ~recording() { test::await(loop, recorder.stop()); }

  int asked = 0;
  std::vector<usage_moment> told;
  boost::asio::io_context loop;
  reactor::worker_pool workers;
  shell::usage_recorder recorder;
};

}  // namespace

BOOST_AUTO_TEST_CASE(nobody_watches_nothing_is_read) {
  // O4: an idle daemon has nothing to wait for.
  recording it(0s);
  BOOST_TEST(it.loop.run() == 0u);
  BOOST_TEST(it.asked == 0);
}

BOOST_AUTO_TEST_CASE(samples_are_taken_while_somebody_watches) {
  recording it(0s);
  auto first = it.recorder.watch();
  auto second = it.recorder.watch();
  test::run_until(it.loop, [&] { return it.told.size() >= 20; });
  BOOST_REQUIRE(it.told.back().services.size() == 1u);
  const auto& seen = it.told.back().services.front();
  BOOST_TEST(seen.name == "web");
  BOOST_TEST(seen.memory_bytes > 1u << 20);
  BOOST_REQUIRE(seen.cpu_percent.has_value());
  const auto samples = it.recorder.of(web);
  BOOST_TEST(samples.size() == it.told.size());
  BOOST_TEST(it.recorder.of(gone).empty());
  first.reset();
  const auto before = it.told.size();
  test::run_until(it.loop, [&] { return it.told.size() > before + 2; });
  second.reset();
  // The last watcher has gone: the loop runs empty.
  it.loop.restart();
  it.loop.run();
  BOOST_TEST(!it.recorder.running());
  auto again = it.recorder.watch();
  const auto then = it.told.size();
  test::run_until(it.loop, [&] { return it.told.size() > then; });
}

BOOST_AUTO_TEST_CASE(old_samples_are_forgotten) {
  // O2: also where the daemon is watched for days.
  recording it(0s, 50ms);
  const auto watching = it.recorder.watch();
  test::run_until(it.loop, [&] { return it.told.size() >= 30; });
  BOOST_TEST(it.recorder.of(web).size() <= 10u);
}

BOOST_AUTO_TEST_CASE(samples_go_on_a_little_longer) {
  // Who comes back within a minute finds no hole.
  recording it(1h);
  it.recorder.watch().reset();
  test::run_until(it.loop, [&] { return it.asked >= 5; });
  BOOST_TEST(it.told.empty());  // nobody listens
  BOOST_TEST(it.recorder.running());
}

BOOST_AUTO_TEST_CASE(a_tree_is_read_as_it_is) {
  const auto tree = shell::read_tree(::getpid(), "", 10);
  BOOST_REQUIRE(!tree.rows.empty());
  const auto& self = tree.rows.front();
  BOOST_TEST(self.pid == ::getpid());
  BOOST_TEST(self.parent == ::getppid());
  BOOST_TEST(self.memory > 1u << 20);
  BOOST_TEST((self.age >= 0s && self.age < 1h));
  BOOST_TEST(shell::read_tree(0x3fffffff, "", 10).rows.empty());
  BOOST_TEST(!shell::read_tree(::getpid(), "", 0).whole);
  BOOST_TEST(shell::read_command_line(::getpid()).find("supervisor_test") != std::string::npos);
  const auto own = shell::read_own_use();
  BOOST_TEST(own.open_fds == shell::count_descriptors(::getpid()));
  BOOST_TEST(own.resident > 1u << 20);
}

#include <boost/test/unit_test.hpp>

#include <numeric>

#include "core/counters.hpp"

using namespace aurora;
using namespace aurora::core;
using namespace std::chrono_literals;

namespace {

/// A journal that is written by hand.
struct told {
  counters counted;
  instant now{1h};

  void go(state from, state to, reason why = reason::spawned, std::optional<exit_status> exit = {},
          std::uint64_t run = 1) {
    journal_entry entry;
    entry.instance = "web";
    entry.when = now;
    entry.from = from;
    entry.to = to;
    entry.why = why;
    entry.run = run;
    entry.because.exit = exit;
    counted.on_entry(entry);
  }
  const instance_counters& web() const { return *counted.find("web"); }
  std::uint64_t ends(end_cause cause) const { return web().ends[static_cast<std::size_t>(cause)]; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(counters_suite)

// Each span lands in the first range that holds it, the ends included.
BOOST_AUTO_TEST_CASE(ranges) {
  constexpr std::array bounds{0.1, 1.0};
  histogram of(bounds);
  BOOST_TEST(of.counts().empty());
  for (const duration span : {duration(-1s), duration(0s), duration(100ms), duration(101ms),
                              duration(1s), duration(1001ms), duration(24h)})
    of.observe(span);
  BOOST_REQUIRE(of.counts().size() == 3u);
  BOOST_TEST(of.counts()[0] == 3u);
  BOOST_TEST(of.counts()[1] == 2u);
  BOOST_TEST(of.counts()[2] == 2u);
  BOOST_TEST(of.count() == 7u);
  BOOST_TEST(of.sum() == 0.1 + 0.101 + 1 + 1.001 + 86400, boost::test_tools::tolerance(1e-9));
}

// A start is measured from `starting` to `running`, whatever is told in between.
BOOST_AUTO_TEST_CASE(starts) {
  told it;
  it.go(state::stopped, state::starting);
  it.now += 2s;
  it.go(state::starting, state::starting, reason::probe_failed);
  it.now += 1s;
  it.go(state::starting, state::running, reason::ready);
  BOOST_TEST(it.web().starts.count() == 1u);
  BOOST_TEST(it.web().starts.sum() == 3.0);
  it.go(state::running, state::running, reason::probe_ok);
  it.go(state::stopped, state::starting);
  it.go(state::starting, state::backoff, reason::exited);
  it.now += 1h;
  it.go(state::backoff, state::running, reason::ready);  // no start was seen
  BOOST_TEST(it.web().starts.count() == 1u);
}

// A restart is a timed start after an unwanted end; what the system could not start is none.
BOOST_AUTO_TEST_CASE(restarts) {
  told it;
  it.go(state::running, state::backoff, reason::exited, exit_status::exited(1));
  it.go(state::starting, state::backoff, reason::spawn_retry);
  it.go(state::backoff, state::backoff, reason::hook_failed);
  it.go(state::running, state::stopped, reason::operator_stop);
  BOOST_TEST(it.web().restarts == 1u);
}

// Every end is one, and has one cause; an end that is told twice counts once.
BOOST_AUTO_TEST_CASE(causes) {
  told it;
  auto oom = exit_status::killed(9);
  oom.why = exit_status::cause::oom;
  it.go(state::running, state::completed, reason::completed, exit_status::exited(0), 1);
  it.go(state::running, state::backoff, reason::exited, exit_status::exited(3), 2);
  it.go(state::running, state::backoff, reason::exited, exit_status::killed(11), 3);
  it.go(state::running, state::backoff, reason::exited, oom, 4);
  it.go(state::stopping, state::stopped, reason::stopped, exit_status::killed(15), 5);
  it.go(state::stopping, state::backoff, reason::unhealthy, exit_status::exited(0), 6);
  it.go(state::running, state::backoff, reason::exited, exit_status{}, 7);
  it.go(state::running, state::stopping, reason::left_over, exit_status::exited(3), 8);
  it.go(state::stopping, state::backoff, reason::backoff, exit_status::exited(3), 8);
  BOOST_TEST(it.ends(end_cause::success) == 1u);
  BOOST_TEST(it.ends(end_cause::error) == 2u);
  BOOST_TEST(it.ends(end_cause::signal) == 1u);
  BOOST_TEST(it.ends(end_cause::oom) == 1u);
  BOOST_TEST(it.ends(end_cause::stopped) == 2u);
  BOOST_TEST(it.ends(end_cause::unknown) == 1u);
  const auto& all = it.web().ends;
  BOOST_TEST(std::accumulate(all.begin(), all.end(), std::uint64_t{0}) == 8u);
}

// Probes are counted by instance; who is forgotten begins anew.
BOOST_AUTO_TEST_CASE(probes) {
  counters counted;
  counted.on_probe("web", 3ms, true);
  counted.on_probe("web", 2s, false);
  BOOST_TEST(counted.find("web")->probes.count() == 2u);
  BOOST_TEST(counted.find("web")->probe_failures == 1u);
  BOOST_TEST(counted.find("db") == nullptr);
  counted.forget("web");
  BOOST_TEST(counted.find("web") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

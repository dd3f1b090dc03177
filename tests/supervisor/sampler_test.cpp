#include "supervisor/sampler.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "supervisor/clock.hpp"

using namespace aurora;
using namespace std::chrono_literals;

namespace {

constexpr core::instance_id web{1}, gone{2};

}  // namespace

BOOST_AUTO_TEST_CASE(a_crash_loop_is_kept_once) {
  // O2: whatever pids an instance had, one reading is kept of it, and none of who is not asked for.
  shell::sampler sampler;
  const auto now = shell::monotonic_now();
  for (std::uint64_t run = 1; run <= 1000; ++run)
    sampler.of(web, static_cast<pid_t>(run), run, 1s, now);
  sampler.of(gone, 1, 1, 1s, now - shell::sampler::kept);
  BOOST_TEST(sampler.size() == 2u);
  sampler.begin_call(now + 1s);
  BOOST_TEST(sampler.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_tree_is_read_whole_or_not_at_all) {
  // O5: who has ten thousand descendants holds up nobody, and no part is taken for the sum.
  const auto now = shell::monotonic_now();
  shell::sampler sampler;
  sampler.begin_call(now + 1h);
  BOOST_TEST(sampler.of(web, ::getpid(), 1, 1s, now).memory_bytes.has_value());
  shell::sampler strict(0);
  strict.begin_call(now + 1h);
  BOOST_TEST(!strict.of(web, ::getpid(), 1, 1s, now).memory_bytes.has_value());
}

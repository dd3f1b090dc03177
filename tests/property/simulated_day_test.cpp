#include "property/simulated_day.hpp"

#include <chrono>

#include <boost/test/unit_test.hpp>

using aurora::property::simulated_day;
using namespace std::chrono_literals;

namespace {

constexpr unsigned services = 1000;
constexpr unsigned restarts = 1'000'000;

/// A day of a million restarts.
class whole_day : public simulated_day {
 public:
  explicit whole_day(std::uint64_t seed) : simulated_day(seed, services) {
    while (spawns() < services + restarts) next();
  }
};

}  // namespace

// A day of a million restarts of a thousand services, twice: the traces are the same to the last
// nanosecond, and no result was taken for another run's.
BOOST_AUTO_TEST_CASE(a_day_repeats) {
  const whole_day first(42), second(42);
  BOOST_TEST(first.spawns() >= restarts);
  BOOST_TEST((first.length() > 20h));
  BOOST_TEST((first.length() < 28h));
  BOOST_TEST(first.stale() == 0U);
  BOOST_TEST(first.trace() == second.trace());
}

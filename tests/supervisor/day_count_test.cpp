#include "supervisor/day_count.hpp"

#include <stdlib.h>
#include <time.h>

#include <boost/test/unit_test.hpp>

using namespace aurora;
using namespace std::chrono_literals;

namespace {

/// A time zone for one test.
struct zone {
  explicit zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  zone(const zone&) = delete;
  zone& operator=(const zone&) = delete;
};

wall_time at(std::chrono::year_month_day day, duration later) {
  return wall_time(std::chrono::sys_days(day)) +
         std::chrono::floor<std::chrono::milliseconds>(later);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_day_ends_at_the_midnight_of_the_people) {
  // M12: across the change of the clocks too, where a day has 25 hours.
  using namespace std::chrono;
  const zone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
  shell::day_count count;
  BOOST_TEST(count.at(at(2026y / 10 / 24, 12h)) == 0u);
  count.add(at(2026y / 10 / 24, 21h + 59min));  // 23:59 in summer time
  BOOST_TEST(count.at(at(2026y / 10 / 24, 21h + 59min)) == 1u);
  count.add(at(2026y / 10 / 24, 22h));
  count.add(at(2026y / 10 / 25, 22h + 59min));  // 23:59 in winter time
  BOOST_TEST(count.at(at(2026y / 10 / 25, 22h + 59min)) == 2u);
  BOOST_TEST(count.at(at(2026y / 10 / 25, 23h)) == 0u);
  count.add(at(2026y / 10 / 25, 23h));
  BOOST_TEST(count.at(at(2026y / 10 / 20, 23h)) == 0u);  // the clock was set back
}

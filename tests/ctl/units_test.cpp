#include "units.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>
#include <time.h>

using namespace aurora::ctl;
using namespace std::chrono_literals;

namespace {

/// A time zone of the test's own, whatever the machine's.
struct in_zone {
  explicit in_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~in_zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

aurora::wall_time at(const char* text) { return parse_timestamp(text).value(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(units)

// Two units at most, and no width that jumps.
BOOST_AUTO_TEST_CASE(spans_are_short) {
  BOOST_TEST(human(0ms) == "0.0s");
  BOOST_TEST(human(4900ms) == "4.9s");
  BOOST_TEST(human(9960ms) == "10s");
  BOOST_TEST(human(59600ms) == "1m00s");
  BOOST_TEST(human(123s) == "2m03s");
  BOOST_TEST(human(192min) == "3h12m");
  BOOST_TEST(human(124h) == "5d04h");
  BOOST_TEST(human(-5s) == "0.0s");
}

// Amounts have three digits and a unit.
BOOST_AUTO_TEST_CASE(amounts_are_short) {
  BOOST_TEST(human_bytes(512) == "512 B");
  BOOST_TEST(human_bytes(1023) == "1.0 KiB");
  BOOST_TEST(human_bytes(12345678) == "11.8 MiB");
  BOOST_TEST(human_bytes(~0ULL) == "16384 PiB");
}

// RFC 3339 goes both ways, with offsets and any number of decimals; nothing else is taken.
BOOST_AUTO_TEST_CASE(timestamps_round_trip) {
  BOOST_TEST(utc(at("2026-11-23T12:00:00.123Z")) == "2026-11-23T12:00:00.123Z");
  BOOST_TEST(utc(at("2026-11-23T12:00:00+01:00")) == "2026-11-23T11:00:00.000Z");
  BOOST_TEST(utc(at("2026-11-23T12:00:00.123456789Z")) == "2026-11-23T12:00:00.123Z");
  BOOST_TEST(utc(at("1969-12-31T23:59:59.999Z")) == "1969-12-31T23:59:59.999Z");
  for (const char* bad : {"", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T25:00:00Z",
                          "2026-11-23T12:00:00", "2026-11-23T12:00:00Zx"}) {
    BOOST_TEST(!parse_timestamp(bad).has_value(), bad);
  }
}

// --since takes how long ago, a time of day, a date, or an exact time.
BOOST_AUTO_TEST_CASE(since_takes_what_people_write) {
  const in_zone zone("XYZ-2");
  const auto now = at("2026-11-23T12:00:00.000Z");
  BOOST_TEST(utc(parse_since("10m", now).value()) == "2026-11-23T11:50:00.000Z");
  BOOST_TEST(utc(parse_since("13:30", now).value()) == "2026-11-23T11:30:00.000Z");
  BOOST_TEST(utc(parse_since("2026-11-20", now).value()) == "2026-11-19T22:00:00.000Z");
  BOOST_TEST(utc(parse_since("2026-11-20 01:02:03", now).value()) == "2026-11-19T23:02:03.000Z");
  BOOST_TEST(utc(parse_since("2026-11-20T01:02:03Z", now).value()) == "2026-11-20T01:02:03.000Z");
  for (const char* bad : {"", "yesterday", "-5m", "2026-11-20 ", "25:00", "10m later"}) {
    BOOST_TEST(!parse_since(bad, now).has_value(), bad);
  }
}

// Times are shown in the user's zone, with the date only where it is another day.
BOOST_AUTO_TEST_CASE(local_times) {
  const in_zone zone("XYZ-2");
  const auto now = at("2026-11-23T12:00:00.000Z");
  BOOST_TEST(local_clock(at("2026-11-23T10:00:00.042Z"), now) == "12:00:00.042");
  BOOST_TEST(local_clock(at("2026-11-22T10:00:00.042Z"), now) == "2026-11-22 12:00:00.042");
}

BOOST_AUTO_TEST_SUITE_END()

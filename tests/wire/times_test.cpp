#include <boost/test/unit_test.hpp>

#include "wire/times.hpp"

namespace {

using namespace aurora;
using namespace std::chrono_literals;

std::string rfc3339(wall_time at) {
  std::string out;
  wire::append_rfc3339(out, at);
  return out;
}

BOOST_AUTO_TEST_SUITE(times_suite)

// Moments are UTC with milliseconds, from before 1970 to the end of what four digits hold.
BOOST_AUTO_TEST_CASE(written) {
  BOOST_TEST(rfc3339(wall_time(0ms)) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(rfc3339(wall_time(-1ms)) == "1969-12-31T23:59:59.999Z");
  BOOST_TEST(rfc3339(wall_time(1'795'435'200'250ms)) == "2026-11-23T12:00:00.250Z");
  BOOST_TEST(rfc3339(wall_time::max()) == "9999-12-31T23:59:59.999Z");
  BOOST_TEST(rfc3339(wall_time::min()) == "0000-01-01T00:00:00.000Z");
}

// The date of HTTP is the one of its standard.
BOOST_AUTO_TEST_CASE(http_date) {
  std::string out;
  wire::append_http_date(out, wall_time(784'111'777'000ms));
  BOOST_TEST(out == "Sun, 06 Nov 1994 08:49:37 GMT");
}

// Every spelling of RFC 3339 is read, and comes back as the same moment.
BOOST_AUTO_TEST_CASE(read) {
  const auto noon = wall_time(1'795'435'200'000ms);
  for (const char* text :
       {"2026-11-23T12:00:00Z", "2026-11-23t12:00:00.000z", "2026-11-23 12:00:00Z",
        "2026-11-23T14:30:00+02:30", "2026-11-23T07:00:00.0-05:00"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST((wire::parse_rfc3339(text) == noon)); }
  }
  BOOST_TEST((wire::parse_rfc3339("2026-11-23T12:00:00.123456789Z") == noon + 123ms));
  BOOST_TEST((wire::parse_rfc3339("2024-02-29T00:00:00Z").has_value()));
}

// What is no moment is refused.
BOOST_AUTO_TEST_CASE(refused) {
  for (const char* text : {"", "2026-11-23", "2026-11-23T12:00:00", "2026-13-01T00:00:00Z",
                           "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T12:60:00Z",
                           "2026-11-23T12:00:00.Z", "26-11-23T12:00:00Z", "2026-11-23T12:00:00Zx",
                           "2026-11-23T12:00:00+24:00", " 2026-11-23T12:00:00Z"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!wire::parse_rfc3339(text)); }
  }
}

// Durations are those of the configuration.
BOOST_AUTO_TEST_CASE(durations) {
  BOOST_TEST((wire::parse_duration("30s") == 30s));
  BOOST_TEST((wire::parse_duration("250ms") == 250ms));
  BOOST_TEST((wire::parse_duration("1m30s") == 90s));
  BOOST_TEST((wire::parse_duration("2h") == 2h));
  BOOST_TEST((wire::parse_duration("1d") == 24h));
  BOOST_TEST((wire::parse_duration("1.5") == 1500ms));
  BOOST_TEST((wire::parse_duration("0") == 0s));
  for (const char* text : {"", "s", "-1s", "+1s", "1x", "1s2", "1 s", " 1s", "1e9", "1e9s", ".5s",
                           "..", "1.2.3s", "nan", "inf", "0x10", "99999999999999999999d"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!wire::parse_duration(text)); }
  }
}

// `since` is a moment or how long ago.
BOOST_AUTO_TEST_CASE(since) {
  BOOST_TEST(std::holds_alternative<wall_time>(wire::parse_since("2026-11-23T12:00:00Z").value()));
  BOOST_TEST(std::holds_alternative<duration>(wire::parse_since("10m").value()));
  BOOST_TEST(!wire::parse_since("yesterday"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

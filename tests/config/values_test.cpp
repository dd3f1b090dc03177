#include "config/values.hpp"

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::config;
using namespace aurora::test;

BOOST_AUTO_TEST_SUITE(values_suite)

BOOST_AUTO_TEST_CASE(durations_are_strict) {
  // What the contract writes is read; blanks, missing units and odd orders are not.
  BOOST_TEST(parse_duration("250ms").value() == 0.25);
  BOOST_TEST(parse_duration("10s").value() == 10);
  BOOST_TEST(parse_duration("1m30s").value() == 90);
  BOOST_TEST(parse_duration("2h").value() == 7200);
  BOOST_TEST(parse_duration("1d2h3m4s5ms").value() == 93784.005);
  BOOST_TEST(parse_duration("1.5s").value() == 1.5);
  BOOST_TEST(parse_duration("-5s").value() == -5);
  for (const auto* bad : {"", "5", "5x", "10xs", " 5s", "5s ", "5 s", "s", "-", "1s1m", "1s1s",
                          "1..5s", ".5s", "5.s", "1e3s", "+5s", "NaN", "inf", "1M"}) {
    BOOST_TEST(!parse_duration(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(sizes_are_strict) {
  // Decimal and binary units differ, and only zero goes without one.
  BOOST_TEST(parse_size("64KiB").value() == 65536);
  BOOST_TEST(parse_size("10MB").value() == 1e7);
  BOOST_TEST(parse_size("1GiB").value() == 1073741824.0);
  BOOST_TEST(parse_size("1.5KiB").value() == 1536);
  BOOST_TEST(parse_size("7B").value() == 7);
  BOOST_TEST(parse_size("0").value() == 0);
  for (const auto* bad : {"", "5", "5k", "10mb", "10M", " 1B", "1 B", "MiB", "1KiBB", "1e3B"}) {
    BOOST_TEST(!parse_size(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(what_is_printed_can_be_read) {
  // Amounts in messages and hints have the form that the file takes.
  for (const double seconds : {0.0, 0.001, 0.25, 59.0, 90.0, 3600.0, 86399.999, 31536000.0}) {
    BOOST_TEST(parse_duration(format_duration(seconds)).value() == seconds);
  }
  BOOST_TEST(format_duration(90) == "1m30s");
  BOOST_TEST(format_size(10 * 1024 * 1024) == "10MiB");
  BOOST_TEST(format_size(1000) == "1000B");
  for (const double bytes : {0.0, 1.0, 1024.0, 1536.0, 1e6, 1073741824.0}) {
    BOOST_TEST(parse_size(format_size(bytes)).value() == bytes);
  }
}

BOOST_AUTO_TEST_CASE(hints_are_valid_amounts) {
  // Whatever was written, the amount that is suggested is one.
  for (const auto* written : {"5x", " 5s", "10", "5 sec", "1 min", "3 hours", "2days", "10msec",
                              "abc", "", "1.5.5", "99999999999"}) {
    BOOST_TEST(parse_duration(guess_duration(written, "10s")).has_value(), written);
    BOOST_TEST(parse_size(guess_size(written, "10MiB")).has_value(), written);
  }
  BOOST_TEST(guess_duration(" 5s", "1s") == "5s");
  BOOST_TEST(guess_duration("1 min", "1s") == "1m");
  BOOST_TEST(guess_size("10mb", "1B") == "10MB");
  BOOST_TEST(guess_size("64k", "1B") == "64KiB");
}

BOOST_AUTO_TEST_CASE(c05_amounts_out_of_range) {
  // Nothing wraps, nothing becomes infinite: the message names the limit and the whole range.
  const std::pair<std::string, std::string> cases[] = {
      {R"("restart": {"delay": -1})", "-1 is less than 0s (from 0s to 365d)"},
      {R"("restart": {"delay": "-5s"})", "\"-5s\" is less than 0s (from 0s to 365d)"},
      {R"("restart": {"delay": 1e999})", "1e999 is more than 365d (from 0s to 365d)"},
      {R"("restart": {"delay": -1e999})", "-1e999 is less than 0s"},
      {R"("restart": {"delay": "99999999999999999999d"})", "is more than 365d"},
      {R"("restart": {"delay": 9223372036854775808})", "is more than 365d"},
      {R"("restart": {"delay": "10"})", "\"10\" is not a duration (try \"10s\")"},
      {R"("restart": {"delay": "10xs"})", "\"10xs\" is not a duration (try \"10s\")"},
      {R"("restart": {"delay": " 5s"})", "\" 5s\" is not a duration (try \"5s\")"},
      {R"("restart": {"delay": "NaN"})", "\"NaN\" is not a duration (try \"500ms\")"},
      {R"("restart": {"delay": true})", "true is not a duration"},
      {R"("restart": {"delay": [1]})", "a list where a duration belongs"},
      {R"("restart": {"factor": 0})", "0 is less than 1 (from 1 to 100)"},
      {R"("restart": {"factor": "2"})", "\"2\" is not a number (write 2 without quotes)"},
      {R"("restart": {"jitter": 1.5})", "1.5 is more than 1 (from 0 to 1)"},
      {R"("restart": {"limit": -1})", "-1 is less than 0 (from 0 to 1000000)"},
      {R"("restart": {"limit": 18446744073709551616})", "is more than 1000000"},
      {R"("restart": {"limit": 2.5})", "2.5 is not a whole number (from 0 to 1000000)"},
      {R"("restart": {"window": 0})", "0 is less than 1ms"},
      {R"("restart": {"success_codes": [0, 256]})", "success_codes[1]: 256 is more than 255"},
      {R"("port": -1)", "-1 is less than 0 (from 0 to 65535)"},
      {R"("port": 65536)", "65536 is more than 65535"},
      {R"("port": 9223372036854775808)", "is more than 65535"},
      {R"("instances": 0)", "0 is less than 1 (from 1 to 1000)"},
      {R"("nice": 20)", "20 is more than 19 (from -20 to 19)"},
      {R"("umask": "099")", "\"099\" is not a file mode mask"},
      {R"("umask": 22)", "22 is not a string of octal digits (try \"022\""},
      {R"("logs": {"max_size": "10XB"})", "\"10XB\" is not a size"},
      {R"("logs": {"max_size": 0})", "0 is less than 1KiB (from 1KiB to 8191PiB)"},
      {R"("logs": {"max_size": "99999999999PiB"})", "is more than 8191PiB"},
      {R"("logs": {"max_size": 18446744073709551616})", "is more than 8191PiB"},
      {R"("limits": {"memory": "1e3B"})", "\"1e3B\" is not a size"},
      {R"("limits": {"nofile": 0})", "0 is less than 1"},
      {R"("limits": {"cpu": 0})", "0 is less than 0.01"},
      {R"("stop": {"signal": 65})", "65 is more than 64"},
      {R"("stop": {"signal": "SIGNOPE"})", "\"SIGNOPE\" is not a signal"},
      {R"("stop": {"timeout": "-1ms"})", "is less than 0s"},
      {R"("port": 1, "health": {"tcp": "x:1", "interval": 0})", "0 is less than 10ms"},
      {R"("port": 1, "health": {"tcp": "x:1", "retries": 0})", "0 is less than 1"},
      {R"("port": 1, "health": {"tcp": "x:65536"})", "\"x:65536\" is not an address"},
      {R"("port": 1, "health": {"http": "http://x", "status": "399-200"})", "range of status"},
      {R"("port": 1, "health": {"http": "http://x", "status": 99})", "99 is less than 100"},
      {R"("ready": {"fd": 2})", "2 is less than 3 (from 3 to 1023)"},
  };
  for (const auto& [members, expected] : cases) {
    BOOST_TEST_CONTEXT(members) {
      const auto said = refusal(members);
      BOOST_TEST(said.find(expected) != std::string::npos, said);
    }
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_taken_to_the_nanosecond) {
  // Fractions of seconds are exact, and the largest values stay in range.
  BOOST_TEST((service(R"("start_timeout": 0.25)").start_timeout == std::chrono::milliseconds(250)));
  BOOST_TEST((service(R"("start_timeout": "365d")").start_timeout == std::chrono::hours(8760)));
  BOOST_TEST(service(R"("logs": {"max_size": 1e6})").logs.max_size.value == 1'000'000u);
  BOOST_TEST(service(R"("instances": 3.0)").instances == 3u);
  BOOST_TEST(service(R"("limits": {"core": "unlimited"})").limits.core->value == ~0ull);
  BOOST_TEST(service(R"("limits": {"core": "0"})").limits.core->value == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

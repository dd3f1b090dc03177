#include "supervisor/words.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(spans_are_told_as_people_do) {
  // Two units at most, the smaller ones left out as it grows.
  BOOST_TEST(shell::in_words(350ms) == "350 ms");
  BOOST_TEST(shell::in_words(1s) == "1 s");
  BOOST_TEST(shell::in_words(4200ms) == "4.2 s");
  BOOST_TEST(shell::in_words(59s) == "59 s");
  BOOST_TEST(shell::in_words(125s) == "2 min 5 s");
  BOOST_TEST(shell::in_words(300s) == "5 min");
  BOOST_TEST(shell::in_words(std::chrono::hours(27)) == "1 d 3 h");
}

BOOST_AUTO_TEST_CASE(every_reason_has_words) {
  // None falls through to its bare name but those that are words already.
  for (int i = 0; i <= static_cast<int>(reason::unreachable); ++i) {
    const auto words = shell::in_words(static_cast<reason>(i), evidence{});
    BOOST_TEST(!words.empty());
    BOOST_TEST(words.find('-') == std::string::npos, words);
  }
}

BOOST_AUTO_TEST_CASE(an_exit_is_told_with_its_status) {
  // The evidence is in the sentence.
  evidence because;
  because.exit = exit_status::exited(3);
  BOOST_TEST(shell::in_words(reason::exited, because) == "ended by itself: exit code 3");
}

BOOST_AUTO_TEST_CASE(a_probe_that_fails_early_makes_nobody_unhealthy) {
  // What is counted against a limit made it unhealthy; before it is ready nothing is counted.
  evidence because;
  because.text = "HTTP 404";
  because.count = 3;
  BOOST_TEST(shell::in_words(reason::probe_failed, because) ==
             "not ready, probes failed alike: 3: HTTP 404");
  because.limit = 3;
  BOOST_TEST(shell::in_words(reason::probe_failed, because) ==
             "unhealthy, failed probes in a row: 3 of 3: HTTP 404");
}

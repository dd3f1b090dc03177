#include "config/words.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora;

BOOST_AUTO_TEST_SUITE(config_words)

BOOST_AUTO_TEST_CASE(a_slip_of_the_finger_is_understood) {
  // D03: what is near is offered, the nearest of several; what is not near is not.
  const std::vector<std::string_view> known = {"database", "web", "web@2", "worker"};
  const auto meant = [&](std::string_view name) { return config::guesser().hint(name, known); };
  BOOST_TEST(meant("databse") == "did you mean \"database\"?");
  BOOST_TEST(meant("wbe") == "did you mean \"web\"?");
  BOOST_TEST(meant("web@3") == "did you mean \"web@2\"?");
  BOOST_TEST(meant("zzzzzz") == "");
  BOOST_TEST(config::guesser().hint("", {}) == "");
}

BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_one_costs_nothing) {
  // O5: a megabyte in place of a name is not compared with anything (it took minutes).
  const std::string name(63, 'a'), given(1 << 20, 'a');
  const std::vector<std::string_view> known(20'000, name);
  BOOST_TEST(config::guesser().hint(given, known) == "");
}

BOOST_AUTO_TEST_SUITE_END()

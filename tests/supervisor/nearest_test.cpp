#include "supervisor/nearest.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora;

BOOST_AUTO_TEST_CASE(a_slip_of_the_finger_is_understood) {
  // D03: what is near is offered, the nearest of several; what is not near is not.
  const std::vector<std::string> known = {"database", "web", "web@2", "worker"};
  BOOST_TEST(shell::nearest("databse", known) == "database");
  BOOST_TEST(shell::nearest("wbe", known) == "web");
  BOOST_TEST(shell::nearest("web@3", known) == "web@2");
  BOOST_TEST(shell::nearest("zzzzzz", known) == "");
  BOOST_TEST(shell::nearest("", {}) == "");
}

BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_one_costs_nothing) {
  // O5: a megabyte in place of a name is not compared with anything (it took minutes).
  const std::vector<std::string> known(20'000, std::string(63, 'a'));
  BOOST_TEST(shell::nearest(std::string(1 << 20, 'a'), known) == "");
}

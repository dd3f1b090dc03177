#include "supervisor/births.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

BOOST_AUTO_TEST_CASE(the_next_daemon_knows_whom_this_one_launched) {
  const temp_dir home;
  {
    shell::births ours(home / "births");
    ours.place("web:1:stack")->pid = 41;
    ours.place("web:2:stack")->pid = 42;
    ours.place("db:1:stack");  // it never executed
    BOOST_TEST(ours.earlier("web:1:stack").pid == 0);
  }
  shell::births next(home / "births");
  BOOST_TEST(next.earlier("web:1:stack").pid == 41);
  BOOST_TEST(next.earlier("web:2:stack").pid == 42);
  BOOST_TEST(next.earlier("db:1:stack").pid == 0);
  BOOST_TEST(next.earlier("web:1:another stack").pid == 0);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_used_again_forgets) {
  const temp_dir home;
  {
    shell::births ours(home / "births");
    auto* const first = ours.place("first");
    first->pid = 7;
    int between = 0;
    while (ours.place("other") != first) ++between;
    BOOST_TEST(between >= 1000);  // all launches of one turn have a place at the same time
  }
  BOOST_TEST(shell::births(home / "births").earlier("first").pid == 0);
}

BOOST_AUTO_TEST_CASE(without_the_file_nothing_is_noted) {
  const temp_dir home;
  shell::births nowhere(home / "missing/births");
  BOOST_TEST(nowhere.place("web:1:stack") == nullptr);
  BOOST_REQUIRE(::mkdir((home / "directory").c_str(), 0700) == 0);
  BOOST_TEST(shell::births(home / "directory").place("web:1:stack") == nullptr);
}

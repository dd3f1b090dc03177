#include <aurora/daemon.hpp>

#include <stdlib.h>

#include <boost/test/unit_test.hpp>

using namespace aurora;

BOOST_AUTO_TEST_CASE(the_state_directory_follows_the_contract) {
  // Flag, environment, configuration, beside the configuration, /var/lib for the system's own.
  ::unsetenv("AURORA_STATE_DIR");
  BOOST_TEST(find_state_dir("", "", "/srv/app/aurora.json") == "/srv/app/.aurora");
  BOOST_TEST(find_state_dir("", "", "/etc/aurora/aurora.json") == "/var/lib/aurora");
  BOOST_TEST(find_state_dir("", "/data/state", "/etc/aurora/aurora.json") == "/data/state");
  ::setenv("AURORA_STATE_DIR", "/from/env", 1);
  BOOST_TEST(find_state_dir("", "/data/state", "/srv/app/aurora.json") == "/from/env");
  BOOST_TEST(find_state_dir("/given", "/data/state", "/srv/app/aurora.json") == "/given");
  ::unsetenv("AURORA_STATE_DIR");
}

BOOST_AUTO_TEST_CASE(the_configuration_follows_the_contract) {
  // Flag before environment; both made absolute.
  ::setenv("AURORA_CONFIG", "/from/env.json", 1);
  BOOST_TEST(find_config("/given.json") == "/given.json");
  BOOST_TEST(find_config("") == "/from/env.json");
  BOOST_TEST(find_config("x/../y.json").front() == '/');
  ::unsetenv("AURORA_CONFIG");
}

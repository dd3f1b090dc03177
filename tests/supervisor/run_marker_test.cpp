#include "supervisor/run_marker.hpp"

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

BOOST_AUTO_TEST_CASE(a_run_id_names_its_state_directory) {
  const temp_dir home, other;
  const auto ours = shell::run_id_prefix(home.path());
  BOOST_TEST(!ours.empty());
  BOOST_TEST(ours != shell::run_id_prefix(other.path()));
  const auto id = shell::new_run_id(home.path());
  BOOST_TEST(id.starts_with(ours));
  BOOST_TEST(id != shell::new_run_id(home.path()));
  BOOST_TEST(id.find_first_of(":/ \n") == id.npos);
  BOOST_TEST(shell::run_id_prefix(home / "missing").empty());
  BOOST_TEST(!shell::new_run_id(home / "missing").empty());
}

BOOST_AUTO_TEST_CASE(a_marker_tells_whose_it_is) {
  const auto marker = shell::marker_of("web@3", 7, "1.2.ab");
  BOOST_TEST(shell::run_id_in(marker) == "1.2.ab");
  BOOST_TEST(shell::run_id_in(marker + "/command-1-2") == "1.2.ab");
  BOOST_TEST(shell::run_id_in("no marker").empty());
  const auto found = shell::parse_marker(marker, "1.2.ab");
  BOOST_REQUIRE(found);
  BOOST_TEST(found->instance == "web@3");
  BOOST_TEST(found->run == 7U);
  BOOST_TEST(!found->of_command);
  BOOST_TEST(shell::parse_marker(marker + "/command-1-2", "1.2.ab")->of_command);
  for (const auto* other : {"web:7:1.2.abc", "web:x:1.2.ab", "7:1.2.ab", ":1.2.ab", ""})
    BOOST_TEST(!shell::parse_marker(other, "1.2.ab"), other);
}

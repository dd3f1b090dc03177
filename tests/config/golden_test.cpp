#include <fstream>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  BOOST_TEST_REQUIRE(file.good(), path);
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_suite)

BOOST_AUTO_TEST_CASE(one_file_with_many_faults) {
  // What people read of a file that is wrong all over, word for word.
  const std::string folder = AURORA_CONFIG_TESTS "/golden/";
  const auto said = told(load(content(folder + "faults.json")).faults);
  BOOST_TEST(said == content(folder + "faults.txt"));
}

BOOST_AUTO_TEST_CASE(the_committed_schema_is_the_tables) {
  // etc/aurora.schema.json is what the table of keys makes: run aurora_schema when a row changes.
  BOOST_TEST((config_schema() == content(AURORA_SOURCE "/etc/aurora.schema.json")));
}

BOOST_AUTO_TEST_SUITE_END()

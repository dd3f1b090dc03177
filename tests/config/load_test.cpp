#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

BOOST_AUTO_TEST_SUITE(load_suite)

BOOST_AUTO_TEST_CASE(the_sample_of_the_contract_loads) {
  // The sample holds every key there is, and is taken as it stands.
  fake_source source;
  source.files["/srv/demo/.env"] = "";
  source.files["/srv/demo/conf.d/db.json"] = R"({"services": {"db": {"command": ["db"]}}})";
  const auto result = load(full_sample, source);
  BOOST_TEST(told(result.faults) == "");
}

BOOST_AUTO_TEST_SUITE_END()

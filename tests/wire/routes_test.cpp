#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "wire/outcome.hpp"
#include "wire/routes.hpp"

namespace {

using namespace aurora::wire;

BOOST_AUTO_TEST_SUITE(routes_suite)

// Each route of the table is found by its own path and method, and no two are the same.
BOOST_AUTO_TEST_CASE(all_found) {
  std::set<std::string> seen;
  for (const route& each : routes()) {
    std::string path(each.path);
    BOOST_TEST(seen.insert(path + (each.how == method::get ? " get" : " post")).second);
    if (const auto at = path.find("{name}"); at != path.npos) path.replace(at, 6, "web%402");
    const auto found = find_route(path);
    const route* here = each.how == method::get ? found.get : found.post;
    BOOST_REQUIRE_MESSAGE(here == &each, path);
    if (path != each.path) BOOST_TEST(found.name == "web@2");
  }
}

// Nothing else is: no prefix, no slash more, no walk through dots, no name with a slash.
BOOST_AUTO_TEST_CASE(none_found) {
  for (const char* path :
       {"", "//", "/api", "/api/v1", "/api/v1/", "/api/v1/status/", "//api/v1/status",
        "/api/v1/services", "/api/v1/services/", "/api/v1/services/a/b", "/api/v1/services//logs",
        "/api/v1/../v1/status", "/api/v1/Status", "/api/v1/%73tatus", "/api/v1/history",
        "/api/v1/services/%zz", "/api/v1/services/a%4", "/api/v2/status"}) {
    BOOST_TEST_CONTEXT(path) { BOOST_TEST(!find_route(path)); }
  }
}

// `Allow` says what the table says.
BOOST_AUTO_TEST_CASE(allowed) {
  BOOST_TEST(allowed_methods(find_route("/api/v1/status")) == "GET, HEAD");
  BOOST_TEST(allowed_methods(find_route("/api/v1/services/web/start")) == "POST");
}

// Parameters are decoded, known and given once.
BOOST_AUTO_TEST_CASE(queries) {
  const route& logs = *find_route("/api/v1/services/web/logs").get;
  const auto query = query::parse(logs, "lines=10&since=2026-11-23T12%3A00%3A00%2B01%3A00&follow");
  BOOST_REQUIRE(query.has_value());
  BOOST_TEST(query->number("lines", 0, 100).value() == 10u);
  BOOST_TEST(query->text("since") == "2026-11-23T12:00:00+01:00");
  BOOST_TEST(query->flag("follow").value());
  BOOST_TEST(query::parse(logs, "").value().number("lines", 7, 100).value() == 7u);
  BOOST_TEST(query::parse(logs, "linse=10").error().detail ==
             "it takes lines, since, follow, download");
  BOOST_TEST(query::parse(logs, "lines=1&lines=2").error().status == 400);
  BOOST_TEST(query::parse(logs, "lines=%1").error().status == 400);
  BOOST_TEST(query::parse(*find_route("/healthz").get, "x").error().detail ==
             "this path takes none");
}

// Numbers and flags are strict.
BOOST_AUTO_TEST_CASE(values) {
  const route& logs = *find_route("/api/v1/services/web/logs").get;
  for (const char* bad : {"lines=", "lines=-1", "lines=+1", "lines=1.0", "lines=1e2", "lines=101",
                          "lines= 1", "lines=99999999999999999999"}) {
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(query::parse(logs, bad)->number("lines", 0, 100).has_error());
    }
  }
  for (const char* yes : {"follow", "follow=", "follow=1", "follow=true"}) {
    BOOST_TEST(query::parse(logs, yes)->flag("follow").value());
  }
  for (const char* no : {"", "follow=0", "follow=false"}) {
    BOOST_TEST(!query::parse(logs, no)->flag("follow").value());
  }
  BOOST_TEST(query::parse(logs, "follow=yes")->flag("follow").has_error());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <boost/test/unit_test.hpp>

#include "wire/gate.hpp"

namespace {

using namespace aurora::wire;

own_names names() {
  own_names out;
  out.hosts = loopback_hosts();
  out.port = 9090;
  return out;
}

request_head head(std::string_view method, std::string_view path) {
  request_head out;
  out.method = method;
  out.path = path;
  out.host = "127.0.0.1:9090";
  return out;
}

int status(const std::optional<gate_refusal>& refusal) { return refusal ? refusal->why.status : 0; }

int names_of(const request_head& asked) {
  return status(check_names(asked, find_route(asked.path), names()));
}
int form_of(const request_head& asked, entrance where = entrance::tcp) {
  return status(check_form(asked, find_route(asked.path), where));
}

BOOST_AUTO_TEST_SUITE(gate_suite)

// A foreign name is told before a foreign page, and that before a foreign site; each ends the
// connection.
BOOST_AUTO_TEST_CASE(order_of_names) {
  auto asked = head("GET", "/api/v1/status");
  BOOST_TEST(names_of(asked) == 0);
  asked.fetch_site = "same-site";
  BOOST_TEST(names_of(asked) == 403);
  asked.origin = "http://127.0.0.1:5000";
  BOOST_TEST(names_of(asked) == 403);
  asked.host = "evil.test:9090";
  BOOST_TEST(names_of(asked) == 421);
  BOOST_TEST(check_names(asked, find_route(asked.path), names())->closes);
  asked.host = "";
  BOOST_TEST(names_of(asked) == 421);
}

// An Origin that is there but empty is nobody's.
BOOST_AUTO_TEST_CASE(empty_origin) {
  auto asked = head("GET", "/healthz");
  asked.origin = "";
  BOOST_TEST(names_of(asked) == 403);
}

// A link elsewhere may lead to the page, and to nothing else.
BOOST_AUTO_TEST_CASE(links) {
  for (const char* site : {"cross-site", "same-site"}) {
    auto asked = head("GET", "/");
    asked.fetch_site = site;
    asked.fetch_mode = "navigate";
    BOOST_TEST(names_of(asked) == 0);
    asked.fetch_mode = "no-cors";
    BOOST_TEST(names_of(asked) == 403);
    asked.fetch_mode = "navigate";
    asked.method = "POST";
    BOOST_TEST(names_of(asked) == 403);
    auto other = head("GET", "/api/v1/status");
    other.fetch_site = site;
    other.fetch_mode = "navigate";
    BOOST_TEST(names_of(other) == 403);
  }
}

// Who must sign in is read from the table; what is no route of ours is no exception.
BOOST_AUTO_TEST_CASE(roles) {
  const auto needed = [](std::string_view method, std::string_view path) {
    return needed_role(head(method, path), find_route(path));
  };
  BOOST_TEST(!needed("GET", "/healthz"));
  BOOST_TEST(!needed("HEAD", "/"));
  BOOST_TEST(!needed("PUT", "/healthz"));
  BOOST_TEST(!needed("POST", "/api/v1/session"));
  BOOST_TEST((needed("GET", "/api/v1/status") == role::read));
  BOOST_TEST((needed("GET", "/readyz") == role::read));
  BOOST_TEST((needed("POST", "/api/v1/plan") == role::read));
  BOOST_TEST((needed("POST", "/api/v1/check") == role::read));
  BOOST_TEST((needed("POST", "/api/v1/stop") == role::operate));
  BOOST_TEST((needed("POST", "/api/v1/codes") == role::operate));
  BOOST_TEST((needed("GET", "/api/v1/nothing") == role::read));
  BOOST_TEST((needed("DELETE", "/api/v1/status") == role::read));
  int open = 0;
  for (const route& each : routes()) open += needed_role(each) ? 0 : 1;
  BOOST_TEST(open == 4);  // healthz, session, page, asset
  const auto asked = head("POST", "/api/v1/stop");
  BOOST_TEST(status(check_role(asked, role::operate, role::read)) == 403);
  BOOST_TEST(status(check_role(asked, role::operate, role::operate)) == 0);
  BOOST_TEST(status(check_role(asked, role::read, role::read)) == 0);
}

// On TCP a change is JSON, said so, whether it has a body or not: no form of a page can be (S02).
BOOST_AUTO_TEST_CASE(s02_media_types) {
  auto asked = head("POST", "/api/v1/stop");
  for (const char* type : {"application/json", "application/json; charset=utf-8",
                           "APPLICATION/JSON;charset=\"UTF-8\""}) {
    asked.content_type = type;
    for (const bool body : {false, true}) {
      asked.has_body = body;
      BOOST_TEST(form_of(asked) == 0, type);
    }
  }
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
        "application/json;x", "application/json; charset=latin-1", "application/jsonp",
        "text/plain; application/json", "application/json, text/plain"}) {
    asked.content_type = type;
    for (const bool body : {false, true}) {
      asked.has_body = body;
      BOOST_TEST(form_of(asked) == 415, type);
      BOOST_TEST(form_of(asked, entrance::local) == (body ? 415 : 0), type);
    }
  }
}

BOOST_AUTO_TEST_CASE(paths_and_methods) {
  BOOST_TEST(form_of(head("GET", "/nothing")) == 404);
  BOOST_TEST(form_of(head("PUT", "/api/v1/status")) == 405);
  BOOST_TEST(form_of(head("POST", "/api/v1/status")) == 405);
  BOOST_TEST(form_of(head("GET", "/api/v1/stop")) == 405);
  BOOST_TEST(form_of(head("get", "/api/v1/status")) == 405);
  auto asked = head("GET", "/healthz");
  asked.has_body = true;
  BOOST_TEST(form_of(asked) == 400);
  asked.has_body = false;
  asked.expect = "200-maybe";
  BOOST_TEST(form_of(asked) == 417);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <boost/test/unit_test.hpp>

#include "wire/own_names.hpp"

namespace {

using namespace aurora::wire;

own_names names(bool tls = false, std::uint16_t port = 9090) {
  own_names out;
  out.hosts = loopback_hosts();
  out.port = port;
  out.tls = tls;
  out.further = {"ops.example", "far.example:8443"};
  return out;
}

BOOST_AUTO_TEST_SUITE(own_names_suite)

// The names of the loopback with our port, in any case, and those of the configuration.
BOOST_AUTO_TEST_CASE(ours) {
  for (const char* host : {"127.0.0.1:9090", "localhost:9090", "LOCALHOST:9090", "[::1]:9090",
                           "ops.example", "Ops.Example:9090", "far.example:8443"}) {
    BOOST_TEST(is_own_host(names(), host), host);
  }
  BOOST_TEST(is_own_host(names(false, 80), "localhost"));
  BOOST_TEST(is_own_host(names(true, 443), "localhost"));
}

// Everything else is not, however close it looks (S01).
BOOST_AUTO_TEST_CASE(s01_not_ours) {
  for (const char* host : {"",
                           ":",
                           ":9090",
                           "evil.test:9090",
                           "0.0.0.0:9090",
                           "127.1:9090",
                           "127.0.0.2:9090",
                           "[::ffff:127.0.0.1]:9090",
                           "[0:0:0:0:0:0:0:1]:9090",
                           "::1:9090",
                           "[::1]",
                           "127.0.0.1",
                           "127.0.0.1:9091",
                           "127.0.0.1:09090",
                           "127.0.0.1:9090 ",
                           "127.0.0.1:9090:9090",
                           "localhost.:9090",
                           "localhost:",
                           "127.0.0.1.:9090",
                           "2130706433:9090",
                           "0x7f000001:9090",
                           "localhost.evil.test:9090",
                           "evil.test",
                           "ops.example.:9090",
                           "ops.example:8443",
                           "far.example",
                           "far.example:9090",
                           "user@localhost:9090",
                           "localhost:9090/"}) {
    BOOST_TEST(!is_own_host(names(), host), host);
  }
  BOOST_TEST(!is_own_host(names(true, 80), "localhost"));
}

// A page is ours by scheme, name and port.
BOOST_AUTO_TEST_CASE(origins) {
  for (const char* origin :
       {"http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090",
        "https://ops.example", "http://ops.example:9090", "https://far.example:8443"}) {
    BOOST_TEST(is_own_origin(names(), origin), origin);
  }
  for (const char* origin :
       {"", "null", "http://", "127.0.0.1:9090", "http://127.0.0.1:9091", "http://127.0.0.1",
        "https://127.0.0.1:9090", "http://evil.test", "http://evil.test:9090", "file://",
        "http://127.0.0.1:9090/", "http://127.0.0.1:9090.evil.test", "HTTP://127.0.0.1:9090",
        "http://localhost:5000", "ws://127.0.0.1:9090", "http://a@127.0.0.1:9090"}) {
    BOOST_TEST(!is_own_origin(names(), origin), origin);
  }
  BOOST_TEST(is_own_origin(names(true), "https://localhost:9090"));
  BOOST_TEST(!is_own_origin(names(true), "http://localhost:9090"));
  BOOST_TEST(!is_own_origin(names(true), "http://ops.example"));
}

BOOST_AUTO_TEST_CASE(sites) {
  BOOST_TEST(is_own_site("same-origin"));
  BOOST_TEST(is_own_site("none"));
  for (const char* site : {"same-site", "cross-site", "SAME-ORIGIN", "", "x"}) {
    BOOST_TEST(!is_own_site(site), site);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

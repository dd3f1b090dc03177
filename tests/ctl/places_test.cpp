#include "places.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>

#include "failure.hpp"
#include "support/temp_dir.hpp"

using namespace aurora::ctl;
using aurora::test::write_file;

namespace {

/// No variable of the caller's decides.
struct fixture {
  aurora::test::temp_dir dir;
  fixture() {
    ::unsetenv("AURORA_CONFIG");
    ::unsetenv("AURORA_STATE_DIR");
  }
  invocation with_config(const std::string& text) {
    write_file(dir / "aurora.json", text);
    invocation given;
    given.config = dir / "aurora.json";
    return given;
  }
};

exit_code code_of(const std::string& host) {
  invocation given;
  given.host = host;
  try {
    find_endpoint(given);
  } catch (const failure& what) {
    return what.code;
  }
  return exit_code::done;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(places, fixture)

// The flag wins over the variable, the variable over the file, the file over the place beside it.
BOOST_AUTO_TEST_CASE(state_dir_by_rank) {
  auto given = with_config(R"({"version": 1, "state_dir": "own", "services": {}})");
  BOOST_TEST(find_state_dir(given) == dir / "own");
  ::setenv("AURORA_STATE_DIR", "/from/environment", 1);
  BOOST_TEST(find_state_dir(given) == "/from/environment");
  given.state_dir = "/from/flag";
  BOOST_TEST(find_state_dir(given) == "/from/flag");
  ::unsetenv("AURORA_STATE_DIR");
  BOOST_TEST(find_state_dir(with_config(R"({"version": 1, "services": {}})")) == dir / ".aurora");
}

// A file that is being edited still tells where its daemon is.
BOOST_AUTO_TEST_CASE(invalid_file_tells_its_state_dir) {
  BOOST_TEST(find_state_dir(with_config(R"({"state_dir": "own", "services": {"w": {}},})")) ==
             dir / "own");
  BOOST_TEST(find_state_dir(with_config("{ broken")) == dir / ".aurora");
  BOOST_CHECK_EXCEPTION(find_state_dir(with_config(R"({"state_dir": "own", broken)")), failure,
                        [](const failure& f) {
                          return f.code == exit_code::invalid_configuration && !f.details.empty();
                        });
}

// --host knows sockets and http, and says what it does not know.
BOOST_AUTO_TEST_CASE(hosts) {
  invocation given;
  given.host = "http://localhost:9090/";
  BOOST_TEST((find_endpoint(given).how == endpoint::kind::tcp));
  BOOST_TEST(find_endpoint(given).host == "localhost");
  BOOST_TEST(find_endpoint(given).port == "9090");
  given.host = "http://[::1]:80";
  BOOST_TEST(find_endpoint(given).host == "::1");
  BOOST_TEST(find_endpoint(given).authority() == "[::1]:80");
  given.host = "https://ops.example";
  BOOST_TEST(find_endpoint(given).tls);
  BOOST_TEST(find_endpoint(given).base_url() == "https://ops.example:9090");
  given.host = "unix:///run/x.sock";
  BOOST_TEST(find_endpoint(given).path == "/run/x.sock");
  for (const char* bad :
       {"https://", "ftp://h", "unix://", "http://", "http://a b", "http://h:x"}) {
    BOOST_TEST((code_of(bad) == exit_code::usage), bad);
  }
}

// The token is taken from its file without the newline, and not sent over a network in the clear.
BOOST_AUTO_TEST_CASE(token_from_file) {
  write_file(dir / "token", "secret\n");
  invocation given;
  given.host = "http://localhost:1";
  given.token_file = dir / "token";
  BOOST_TEST(find_endpoint(given).token == "secret");
  for (const char* far :
       {"http://ops.example:9090", "http://192.168.1.2", "http://127.evil.test"}) {
    given.host = far;
    BOOST_CHECK_THROW(find_endpoint(given), failure);
  }
  given.host = "https://ops.example:9090";
  BOOST_TEST(find_endpoint(given).token == "secret");
}

BOOST_AUTO_TEST_SUITE_END()

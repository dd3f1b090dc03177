#include <set>

#include <boost/test/unit_test.hpp>

#include "wire/fake_crypto.hpp"
#include "wire/sign_in.hpp"

namespace {

using namespace aurora;
using namespace aurora::wire;
using namespace std::chrono_literals;

constexpr instant start{std::chrono::hours(1)};
constexpr wall_time noon{std::chrono::hours(12)};
const std::string token(43, 'T');

struct fixture {
  fake_crypto crypto;
  sign_in door{crypto, token};
};

BOOST_FIXTURE_TEST_SUITE(sign_in_suite, fixture)

// The token operates and never ends; nothing like it does anything.
BOOST_AUTO_TEST_CASE(s04_the_token) {
  const auto who = door.who(token, start, noon);
  BOOST_REQUIRE(who.has_value());
  BOOST_TEST((who->may == role::operate));
  BOOST_TEST(!who->until.has_value());
  for (const std::string& wrong :
       {std::string(), token.substr(1), token + "T", token + "\n", std::string(43, 't')}) {
    BOOST_TEST(!door.who(wrong, start, noon));
  }
  BOOST_TEST(!door.limits().limited(start));
}

// Without a token there is nothing to guess.
BOOST_AUTO_TEST_CASE(no_token) {
  for (const std::string& broken : {std::string(), std::string("short")}) {
    sign_in closed(crypto, broken);
    BOOST_TEST(!closed.who(broken, start, noon));
    BOOST_TEST(!closed.who("", start, noon));
    BOOST_TEST(!closed.trade(closed.make_code(role::read, start), start, noon));
  }
}

// A code works once, within a minute, and gives its role.
BOOST_AUTO_TEST_CASE(codes) {
  for (const role may : {role::read, role::operate}) {
    const auto code = door.make_code(may, start);
    const auto traded = door.trade(code, start + 59s, noon);
    BOOST_REQUIRE(traded.has_value());
    BOOST_TEST((traded->who.may == may));
    BOOST_TEST((traded->session.until == noon + 12h));
    BOOST_TEST(!door.trade(code, start + 59s, noon));
    const auto who = door.who(traded->session.text, start, noon + 11h);
    BOOST_REQUIRE(who.has_value());
    BOOST_TEST((who->may == may));
    BOOST_TEST(!door.who(traded->session.text, start, noon + 12h));
  }
  const auto late = door.make_code(role::read, start);
  BOOST_TEST(!door.trade(late, start + 60s, noon));
}

// The seventeenth takes the place of the first.
BOOST_AUTO_TEST_CASE(many_codes) {
  std::vector<std::string> made;
  for (int i = 0; i < 17; ++i) made.push_back(door.make_code(role::read, start));
  BOOST_TEST(std::set<std::string>(made.begin(), made.end()).size() == 17u);
  BOOST_TEST(!door.trade(made.front(), start, noon));
  for (int i = 1; i < 17; ++i)
    BOOST_TEST(door.trade(made.at(static_cast<std::size_t>(i)), start, noon).has_value());
}

// A session outlives the daemon, but not its token.
BOOST_AUTO_TEST_CASE(restarts) {
  const auto session = door.trade(door.make_code(role::read, start), start, noon)->session.text;
  sign_in same_token(crypto, token), other_token(crypto, std::string(43, 'U'));
  BOOST_TEST(same_token.who(session, start, noon).has_value());
  BOOST_TEST(!other_token.who(session, start, noon));
}

// Twenty failures in any minute, and no more are looked at until the first is a minute old (S06).
BOOST_AUTO_TEST_CASE(s06_limiter) {
  auto& limits = door.limits();
  for (int i = 0; i < 20; ++i) {
    const auto now = start + i * 1s;
    BOOST_TEST(!limits.limited(now));
    if (i % 2 == 0) {
      BOOST_TEST(!door.who("wrong", now, noon));
    } else {
      BOOST_TEST(!door.trade("wrong", now, noon));
    }
  }
  BOOST_TEST(limits.limited(start + 19s));
  BOOST_TEST((limits.wait(start + 19s) == 41s));
  BOOST_TEST(limits.limited(start + 60s - 1ns));
  BOOST_TEST(!limits.limited(start + 60s));
  BOOST_TEST((limits.wait(start + 60s) == 0s));
  limits.failed(start + 60s);
  BOOST_TEST(limits.limited(start + 60s));
  BOOST_TEST(!limits.limited(start + 61s));
  for (int i = 0; i < 1000; ++i) limits.failed(start + 61s);
  BOOST_TEST(!limits.limited(start + 3min));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

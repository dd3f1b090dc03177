#include "reactor/probe/url.hpp"

#include <boost/test/unit_test.hpp>

#include "reactor/readiness/plain_text.hpp"

using namespace aurora::reactor;

BOOST_AUTO_TEST_SUITE(url)

BOOST_AUTO_TEST_CASE(parts_are_found) {
  // Defaults of port and path, brackets, query without path.
  auto url = parse_url("http://127.0.0.1:5001/health?full=1&x=%20");
  BOOST_REQUIRE(url.has_value());
  BOOST_TEST(!url->tls);
  BOOST_TEST(url->at.host == "127.0.0.1");
  BOOST_TEST(url->at.port == 5001);
  BOOST_TEST(url->target == "/health?full=1&x=%20");
  BOOST_TEST(url->host_header == "127.0.0.1:5001");

  url = parse_url("HTTPS://db.internal?q");
  BOOST_REQUIRE(url.has_value());
  BOOST_TEST(url->tls);
  BOOST_TEST(url->at.port == 443);
  BOOST_TEST(url->target == "/?q");
  BOOST_TEST(url->host_header == "db.internal");

  url = parse_url("http://[::1]");
  BOOST_REQUIRE(url.has_value());
  BOOST_TEST(url->at.host == "::1");
  BOOST_TEST(url->at.text() == "[::1]:80");
  BOOST_TEST(url->host_header == "[::1]");
  BOOST_TEST(url->target == "/");
}

BOOST_AUTO_TEST_CASE(what_is_no_url_is_refused_with_the_reason) {
  // Each fault has its own words.
  const auto why = [](std::string_view text) {
    const auto url = parse_url(text);
    return url ? std::string("accepted") : url.error().text;
  };
  BOOST_TEST(why("ftp://x/") == "'ftp://x/' does not begin with http:// or https://");
  BOOST_TEST(why("") == "'' does not begin with http:// or https://");
  BOOST_TEST(why("http://") == "'' is not a host name");
  BOOST_TEST(why("http:///x") == "'' is not a host name");
  BOOST_TEST(why("http://u:p@x/") == "the URL carries a user name; use an Authorization header");
  BOOST_TEST(why("http://x/#a") == "'http://x/#a' has a fragment, which is never sent");
  BOOST_TEST(why("http://x/a b") == "'http://x/a b' has bytes that must be percent-encoded");
  BOOST_TEST(why("http://x/\xc3\xa4") ==
             "'http://x/\xc3\xa4' has bytes that must be percent-encoded");
  BOOST_TEST(why("http://x:/") == "the port of 'x:' is not a number from 1 to 65535");
  BOOST_TEST(why("http://x:65536/") == "the port of 'x:65536' is not a number from 1 to 65535");
  BOOST_TEST(why("http://x:080000/") == "the port of 'x:080000' is not a number from 1 to 65535");
  BOOST_TEST(why("http://x:+1/") == "the port of 'x:+1' is not a number from 1 to 65535");
  BOOST_TEST(why("http://[x]/") == "'x' is not an IPv6 address");
  BOOST_TEST(why("http://[::1]x/") == "the port of '[::1]x' is not a number from 1 to 65535");
  BOOST_TEST(why("http://a\\b/") == "'a\\b' is not a host name");
  BOOST_TEST(why("http://x:65535/") == "accepted");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(plain_text)

BOOST_AUTO_TEST_CASE(control_bytes_and_broken_utf8_never_get_through) {
  // What a terminal would obey, and what JSON cannot carry.
  BOOST_TEST(one_line("a\x1b[31mb\x7f\n\tc", 99) == "a?[31mb?  c");
  BOOST_TEST(one_line("\xc2\x9b"
                      "1m",
                      99) == "?1m");  // CSI as one C1 character
  BOOST_TEST(one_line("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 99) == "ä€😀");
  BOOST_TEST(one_line("\xff\xc0\x80\xed\xa0\x80\xf5", 99) == "???????");
  BOOST_TEST(one_line("\xe2\x82", 99) == "??");
  BOOST_TEST(one_line(std::string_view("\0x", 2), 99) == "?x");
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_between_characters) {
  // At most that many bytes, ellipsis included; what fits exactly stays.
  BOOST_TEST(one_line("abcdef", 6) == "abcdef");
  BOOST_TEST(one_line("abcdefg", 6) == "abc…");
  BOOST_TEST(one_line("ab€€€", 8) == "ab€…");
  for (std::size_t most = 3; most < 40; ++most)
    BOOST_TEST(one_line(std::string(7, 'a') + "€😀€ä😀€ä", most).size() <= most);
}

BOOST_AUTO_TEST_SUITE_END()

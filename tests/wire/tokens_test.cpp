#include <boost/test/unit_test.hpp>

#include "wire/fake_crypto.hpp"
#include "wire/tokens.hpp"

namespace {

using namespace aurora;
using namespace aurora::wire;
using namespace std::chrono_literals;

constexpr wall_time noon{std::chrono::hours(12)};

BOOST_AUTO_TEST_SUITE(tokens_suite)

// RFC 4648 §10, without padding, and the two characters that differ from base64.
BOOST_AUTO_TEST_CASE(base64) {
  const auto encoded = [](std::string_view text) {
    return base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  BOOST_TEST(encoded("") == "");
  BOOST_TEST(encoded("f") == "Zg");
  BOOST_TEST(encoded("fo") == "Zm8");
  BOOST_TEST(encoded("foo") == "Zm9v");
  BOOST_TEST(encoded("foobar") == "Zm9vYmFy");
  BOOST_TEST(encoded("\xFB\xFF\xFE") == "-__-");
  fake_crypto crypto;
  const auto token = random_text(crypto, token_bytes);
  BOOST_TEST(is_token(token));
  BOOST_TEST(random_text(crypto, token_bytes) != token);
}

BOOST_AUTO_TEST_CASE(form_of_a_token) {
  BOOST_TEST(is_token(std::string(43, 'a')));
  for (const std::string& bad : {std::string(), std::string(42, 'a'), std::string(44, 'a'),
                                 std::string(42, 'a') + "=", std::string(42, 'a') + "\n"}) {
    BOOST_TEST(!is_token(bad));
  }
}

BOOST_AUTO_TEST_CASE(credentials) {
  BOOST_TEST(bearer("Bearer abc").value_or("") == "abc");
  BOOST_TEST(bearer("bEARER a b").value_or("") == "a b");
  for (const std::string& bad :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Basic abc"),
        std::string("abc"), "Bearer " + std::string(300, 'a')}) {
    BOOST_TEST(!bearer(bad), bad);
  }
}

// Every bit counts.
BOOST_AUTO_TEST_CASE(comparison) {
  digest a{}, b{};
  BOOST_TEST(same(a, b));
  for (std::size_t bit = 0; bit < 256; ++bit) {
    b = a;
    b[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
    BOOST_TEST(!same(a, b));
  }
}

// What was made is read until it is over, and by its own key only.
BOOST_AUTO_TEST_CASE(sessions) {
  fake_crypto crypto;
  for (const role may : {role::read, role::operate}) {
    const auto made = make_session(crypto, "key", may, noon + 12h);
    BOOST_TEST((made.until == noon + 12h));
    const auto read = read_session(crypto, "key", made.text, noon);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->may == may));
    BOOST_TEST((read->until == noon + 12h));
    BOOST_TEST(read->shown.starts_with("session "));
    BOOST_TEST(!read_session(crypto, "other", made.text, noon));
    BOOST_TEST(read_session(crypto, "key", made.text, noon + 12h - 1ms).has_value());
    BOOST_TEST(!read_session(crypto, "key", made.text, noon + 12h));
  }
}

// No byte of it can be changed, taken away or added (S04).
BOOST_AUTO_TEST_CASE(s04_forged_sessions) {
  fake_crypto crypto;
  const auto made = make_session(crypto, "key", role::read, noon + 12h).text;
  BOOST_REQUIRE(read_session(crypto, "key", made, noon).has_value());
  for (std::size_t i = 0; i < made.size(); ++i) {
    std::string changed = made;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!read_session(crypto, "key", changed, noon));
    BOOST_TEST(!read_session(crypto, "key", made.substr(0, i), noon));
    BOOST_TEST(!read_session(crypto, "key", made.substr(i + 1), noon));
  }
  BOOST_TEST(!read_session(crypto, "key", made + "A", noon));
  std::string promoted = made;
  promoted.replace(promoted.find("read"), 4, "operate");
  BOOST_TEST(!read_session(crypto, "key", promoted, noon));
  for (const char* text : {"", ".", "....", "v1.operate.99999999999.x.", "v1", "v1.read"}) {
    BOOST_TEST(!read_session(crypto, "key", text, noon), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <cmath>
#include <limits>
#include <random>

#include <boost/json.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "wire/json_writer.hpp"

namespace {

using namespace aurora;
using namespace std::chrono_literals;
using wire::json_writer;

std::string text_of(std::string_view text) {
  std::string out;
  json_writer(out).value(text);
  return out;
}
std::string decimal_of(double number, int decimals) {
  std::string out;
  json_writer(out).decimal(number, decimals);
  return out;
}
std::string seconds_of(duration span) {
  std::string out;
  json_writer(out).seconds(span);
  return out;
}

BOOST_AUTO_TEST_SUITE(json_writer_suite)

// Commas stand between elements and nowhere else, at every depth.
BOOST_AUTO_TEST_CASE(structure) {
  std::string out;
  json_writer to(out);
  to.begin_object().key("a").begin_array().end_array().key("b").begin_object().end_object();
  to.field("c", 1).field("d", true).field("e", "x").key("f").begin_array().value(1u).value(-2);
  to.begin_array().null().end_array().end_array().field("g", std::optional<int>()).end_object();
  BOOST_TEST(out == R"({"a":[],"b":{},"c":1,"d":true,"e":"x","f":[1,-2,[null]],"g":null})");
}

// The ends of the integer types come out whole.
BOOST_AUTO_TEST_CASE(integers) {
  std::string out;
  json_writer to(out);
  to.begin_array().value(std::numeric_limits<std::int64_t>::min());
  to.value(std::numeric_limits<std::uint64_t>::max()).value(std::uint16_t{65535}).end_array();
  BOOST_TEST(out == "[-9223372036854775808,18446744073709551615,65535]");
}

// Numbers are plain decimals without an exponent; what is no number is null.
BOOST_AUTO_TEST_CASE(decimals) {
  BOOST_TEST(decimal_of(0, 2) == "0.0");
  BOOST_TEST(decimal_of(-0.001, 2) == "0.0");
  BOOST_TEST(decimal_of(0.3, 2) == "0.3");
  BOOST_TEST(decimal_of(100, 2) == "100.0");
  BOOST_TEST(decimal_of(12.345, 2) == "12.35");
  BOOST_TEST(decimal_of(1e15, 1) == "1000000000000000.0");
  BOOST_TEST(decimal_of(1e300, 1).find_first_of("eE") == std::string::npos);
  BOOST_TEST(decimal_of(std::nan(""), 2) == "null");
  BOOST_TEST(decimal_of(std::numeric_limits<double>::infinity(), 2) == "null");
}

// Spans are seconds to the millisecond, rounded once.
BOOST_AUTO_TEST_CASE(seconds) {
  BOOST_TEST(seconds_of(4900ms) == "4.9");
  BOOST_TEST(seconds_of(5s) == "5.0");
  BOOST_TEST(seconds_of(50ms) == "0.05");
  BOOST_TEST(seconds_of(7ms) == "0.007");
  BOOST_TEST(seconds_of(1234567us) == "1.235");
  BOOST_TEST(seconds_of(-1500ms) == "-1.5");
  BOOST_TEST(seconds_of(240h) == "864000.0");
}

// What would end a string, steer a terminal or end a line of a script is escaped.
BOOST_AUTO_TEST_CASE(escapes) {
  BOOST_TEST(text_of("a\"b\\c") == R"("a\"b\\c")");
  BOOST_TEST(text_of("\n\r\t") == R"("\n\r\t")");
  BOOST_TEST(text_of(std::string_view("\0\x1b[31m\x7f", 7)) == R"("\u0000\u001b[31m\u007f")");
  BOOST_TEST(text_of("\xC2\x9B"
                     "0m") == R"("\u009b0m")");
  BOOST_TEST(text_of("\xE2\x80\xA8\xE2\x80\xA9") == R"("\u2028\u2029")");
  BOOST_TEST(text_of("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x8C\x85") ==
             "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x8C\x85\"");
}

struct malformed {
  std::string_view bytes;
  std::string_view shown;  // R stands for U+FFFD
};
const malformed malformed_set[] = {
    {"\xFF", "R"},
    {"a\x80z", "aRz"},
    {"\xC0\xAF", "RR"},                     // overlong slash
    {"\xE0\x80\xAF", "RRR"},                // overlong in three bytes
    {"\xED\xA0\x80", "RRR"},                // a surrogate
    {"\xF4\x90\x80\x80", "RRRR"},           // beyond U+10FFFF
    {"\xF0\x9F\x8C", "R"},                  // cut short: one maximal part
    {"\xE2\x82z", "Rz"},                    // cut short within
    {"\xE2\xE2\x82\xAC", "R\xE2\x82\xAC"},  // a lead byte where a part was due
    {"\xF8\x88\x80\x80\x80", "RRRRR"},      // five bytes, as once allowed
};

// Every malformed sequence becomes U+FFFD, one for each maximal part.
BOOST_AUTO_TEST_CASE(malformed_utf8) {
  for (const auto& each : malformed_set) {
    std::string wanted;
    for (const char c : each.shown) wanted += c == 'R' ? "\xEF\xBF\xBD" : std::string(1, c);
    BOOST_TEST(text_of(each.bytes) == "\"" + wanted + "\"");
    BOOST_TEST(wire::valid_utf8(each.bytes) == wanted);
  }
}

// Any bytes at all give JSON that a strict parser takes, and text without faults comes back whole.
BOOST_AUTO_TEST_CASE(any_bytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 256);
    boost::system::error_code ec;
    const auto parsed = boost::json::parse(text_of(bytes), ec);
    BOOST_REQUIRE_MESSAGE(!ec, "round " << round << ": " << ec.message());
    BOOST_TEST(std::string(parsed.as_string()) == wire::valid_utf8(bytes));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

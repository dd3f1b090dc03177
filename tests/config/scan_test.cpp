#include "config/scan.hpp"

#include <random>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"
#include "config/utf8.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

std::string told_of(const std::string& text) { return told(load(text).faults); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What Boost.JSON, with the same extensions, makes of a text.
bool boost_takes(const std::string& text) {
  boost::json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  boost::json::error_code error;
  boost::json::monotonic_resource memory;
  boost::json::parse(text, error, &memory, options);
  return !error;
}

bool we_take(const std::string& text) {
  config::fault_list faults;
  return !config::scan("x", text, faults)->empty();
}

std::string mutated(std::string text, std::mt19937& random) {
  const std::string alphabet = "{}[]\",:/*\\ntrue0123456789.eE-+'\x01\xC3\xFF \n";
  for (auto edits = 1 + random() % 3; edits > 0 && !text.empty(); --edits) {
    const auto at = random() % text.size();
    switch (random() % 5) {
      case 0:
        text.erase(at, 1 + random() % 3);
        break;
      case 1:
        text.insert(at, 1, alphabet[random() % alphabet.size()]);
        break;
      case 2:
        text[at] = alphabet[random() % alphabet.size()];
        break;
      case 3:
        text.insert(at, text.substr(random() % text.size(), random() % 20));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scan_suite)

BOOST_AUTO_TEST_CASE(syntax_errors_say_where_and_what) {
  // Each way to get JSON wrong is told with its place, its nature and a way out.
  const std::pair<std::string, std::string> cases[] = {
      {"", "aurora.json:1:1: the file is empty"},
      {" \n // nothing\n", "aurora.json:1:1: the file is empty"},
      {"{", "aurora.json:1:2: the file ends before the \"{\" of line 1, column 1 is closed"},
      {"{\"a\": [1,\n2", "aurora.json:2:2: the file ends before the \"[\" of line 1, column 7"},
      {"{\"a\" 1}", "aurora.json:1:6: \"1\" where \":\" and a value belong"},
      {"{\"a\": 1 \"b\": 2}", "aurora.json:1:9: \"\"\" where \",\" or \"}\" belongs (is a comma"},
      {"{a: 1}", "aurora.json:1:2: keys take double quotes (write \"a\")"},
      {"{'a': 1}", "aurora.json:1:2: keys take double quotes"},
      {"{\"a\": 'b'}", "aurora.json:1:7: strings take double quotes"},
      {"{\"a\": yes}", "aurora.json:1:7: \"yes\" where a value belongs (strings take quotes"},
      {"{\"a\": NaN}", "aurora.json:1:7: \"NaN\" where a value belongs"},
      {"{\"a\": 10s}", "aurora.json:1:7: \"10s\" is not a number"},
      {"{\"a\": 0x10}", "aurora.json:1:7: \"0x10\" is not a number"},
      {"{\"a\": 007}", "aurora.json:1:7: \"007\" is not a number"},
      {"{\"a\": +1}", "aurora.json:1:7: \"+1\" is not a number"},
      {"{\"a\": 1.}", "aurora.json:1:7: \"1.\" is not a number"},
      {"{\"a\": \"b\n\"}", "aurora.json:1:7: this string never ends"},
      {"{\"a\": \"b\\x\"}", "aurora.json:1:9: not an escape that JSON has"},
      {"{\"a\": \"\\ud800\"}", "aurora.json:1:8: half of a surrogate pair"},
      {"{\"a\": \"\\u12g4\"}", "aurora.json:1:8: \\u takes four hexadecimal digits"},
      {"{\"a\": \"\t\"}", "aurora.json:1:8: a control character inside a string"},
      {"{} x", "aurora.json:1:4: \"x\" after the end of the document"},
      {"{} /* x", "aurora.json:1:4: this comment never ends"},
      {"{,}", "aurora.json:1:2: \",\" where a key or \"}\" belongs"},
      {"[1]", "aurora.json:1:1: a list where an object belongs"},
      {"5", "aurora.json:1:1: 5 is not an object"},
  };
  for (const auto& [text, expected] : cases) {
    BOOST_TEST_CONTEXT(text) {
      const auto said = told_of(text);
      BOOST_TEST(said.substr(0, expected.size()) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(c18_encodings) {
  // CRLF, comments and trailing commas are fine; a BOM, UTF-16 and Latin-1 are told by name.
  BOOST_TEST(told_of("{\r\n  // one\r\n  \"services\": {/* two */},\r\n}\r\n") == "");
  BOOST_TEST(contains(told_of("\xEF\xBB\xBF{}"),
                      "aurora.json:1:1: the file begins with a byte order mark"));
  BOOST_TEST(
      contains(told_of(std::string("\xFF\xFE{\0}\0", 6)), "aurora.json:1:1: the file is UTF-16"));
  BOOST_TEST(contains(told_of("{\n  \"name\": \"caf\xE9\"}"),
                      "aurora.json:2:15: byte 0xE9 is not UTF-8 (save the file as UTF-8"));
  BOOST_TEST(contains(told_of("{\"name\": \"\xED\xA0\x80\"}"), "byte 0xED is not UTF-8"));
  BOOST_TEST(contains(told_of("{\"name\": \"\xC0\xAF\"}"), "byte 0xC0 is not UTF-8"));
  BOOST_TEST(loaded("{\"name\": \"caf\xC3\xA9 \\u00e9 \\ud83d\\ude00\", \"services\": {}}").name ==
             "caf\xC3\xA9 \xC3\xA9 \xF0\x9F\x98\x80");
}

BOOST_AUTO_TEST_CASE(columns_count_bytes) {
  // Editors and compilers count bytes; a two-byte letter moves what follows by two.
  BOOST_TEST(contains(told_of("{\"\xC3\xA9\": 1, \"x\": 2}"), "aurora.json:1:11: x: "));
}

BOOST_AUTO_TEST_CASE(c02_duplicate_keys_name_both_lines) {
  // A key given twice is told at any depth with both places, escapes seen through.
  const auto said = told_of(
      "{\n\"services\": {\n\"web\": {\"command\": [\"x\"],\n"
      "\"restart\": {\"delay\": 1,\n\"delay\": 2}, \"port\": 1,\n"
      "\"po\\u0072t\": 2}\n}, \"name\": \"a\",\n\"name\": \"b\"}");
  BOOST_TEST(contains(said,
                      "aurora.json:5:1: services.web.restart.delay: \"delay\" is given twice: "
                      "here and in line 4, column 13 (keep one of them)"));
  BOOST_TEST(contains(said, "aurora.json:6:1: services.web.port: \"port\" is given twice"));
  BOOST_TEST(contains(said, "aurora.json:8:1: name: \"name\" is given twice: here and in line 7"));
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded) {
  // 32 levels are read; the 33rd is refused at its bracket, and a million levels cost nothing.
  const std::string deep = R"({"services": )";
  BOOST_TEST(we_take(deep + std::string(31, '[') + std::string(31, ']') + "}"));
  BOOST_TEST(contains(told_of(deep + std::string(32, '[') + std::string(32, ']') + "}"),
                      "aurora.json:1:45: nested deeper than 32"));
  BOOST_TEST(contains(told_of(deep + std::string(1'000'000, '[')), "nested deeper than 32"));
}

BOOST_AUTO_TEST_CASE(size_is_bounded) {
  // A file beyond 16 MiB is refused by its size, whatever is in it.
  const std::size_t limit = std::size_t{16} << 20;
  BOOST_TEST(contains(told_of(std::string(limit + 1, '{')),
                      "aurora.json:1:1: 16777217 bytes are more than a configuration file may have "
                      "(16777216)"));
  std::string padded = R"({"services": {}})";
  padded.resize(limit, ' ');
  BOOST_TEST(told_of(padded) == "");
}

BOOST_AUTO_TEST_CASE(c01_mutations_of_a_valid_file) {
  // Of 2,000 broken files none crashes the loader, and each verdict has its place in the file.
  std::mt19937 random(20261123);
  fake_source source;
  source.files["/srv/demo/.env"] = "A=b\n";
  source.files["/srv/demo/conf.d/db.json"] = R"({"services": {"db": {"command": ["db"]}}})";
  unsigned refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto text = mutated(full_sample, random);
    const auto result = load(text, source);
    BOOST_TEST_REQUIRE(result.stack.has_value() == !has_errors(result.faults), text);
    for (const auto& fault : result.faults) {
      BOOST_TEST_REQUIRE(fault.at.line > 0, to_string(fault) + "\n" + text);
      BOOST_TEST_REQUIRE(fault.at.column > 0, to_string(fault) + "\n" + text);
      BOOST_TEST_REQUIRE(!fault.message.empty());
    }
    refused += result.stack ? 0 : 1;
  }
  BOOST_TEST(refused > 1000u);
}

BOOST_AUTO_TEST_CASE(agrees_with_boost_json) {
  // Our scanner and Boost.JSON's parser take and refuse the same texts.
  std::mt19937 random(4711);
  const std::string seed =
      R"({"a": [1, -2.5e3, "x\u00e9\n", true, null, {}], /* c */ "b": {"c": [[], 0, "d"],}, } // e)";
  unsigned taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto text = mutated(seed, random);
    // Boost.JSON does not look at the bytes of comments; we refuse what is not UTF-8 anywhere.
    if (config::find_bad_utf8(text) != std::string::npos) continue;
    // Boost.JSON 1.81 misses the end of a comment that ends with more than one asterisk.
    if (text.find("**/") != std::string::npos) continue;
    const bool ours = we_take(text);
    BOOST_TEST_REQUIRE(ours == boost_takes(text), text);
    taken += ours ? 1 : 0;
  }
  BOOST_TEST(taken > 500u);
}

BOOST_AUTO_TEST_CASE(carets_point_at_the_column) {
  // The caret stands under the byte that is meant, in long lines and after letters of two bytes.
  BOOST_TEST(caret("one\n  \"x\": 5\n", {"f", 2, 8}) == "    \"x\": 5\n         ^\n");
  BOOST_TEST(caret("\xC3\xA9x", {"f", 1, 3}) == "  \xC3\xA9x\n   ^\n");
  BOOST_TEST(caret("\tx\x1B[31m", {"f", 1, 2}) == "   x?[31m\n   ^\n");
  BOOST_TEST(caret("caf\xE9 x", {"f", 1, 6}) == "  caf? x\n       ^\n");
  BOOST_TEST(caret("\xC2\x9B"
                   "31m",
                   {"f", 1, 3}) == "  ??31m\n    ^\n");
  BOOST_TEST(caret("one", {"f", 2, 1}) == "");
  BOOST_TEST(caret("one", {"f", 0, 0}) == "");
  const auto shown = caret(std::string(500, 'a') + "!" + std::string(500, 'a'), {"f", 1, 501});
  const auto end = shown.find('\n');
  BOOST_TEST(shown[shown.find('^') - end - 1] == '!');
  BOOST_TEST(end < 100u);
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

pairs parsed(const std::string& text) {
  diagnostics faults;
  auto result = parse_env_file(text, "x.env", faults);
  BOOST_TEST(told(faults) == "");
  return result;
}

std::string wrong(const std::string& text) {
  diagnostics faults;
  parse_env_file(text, "x.env", faults);
  return told(faults);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(env_file_suite)

BOOST_AUTO_TEST_CASE(lines_as_compose_reads_them) {
  // Comments, export, blanks, quotes and line ends mean what they mean to compose.
  const std::pair<std::string, pairs> cases[] = {
      {"", {}},
      {"# only\n\n  # comments\n", {}},
      {"A=b", {{"A", "b"}}},
      {"A=b\r\nC=d\r\n", {{"A", "b"}, {"C", "d"}}},
      {"export A=b\n  export\tC=d", {{"A", "b"}, {"C", "d"}}},
      {"export=5", {{"export", "5"}}},
      {"A = b c  # rest", {{"A", "b c"}}},
      {"A=b#c", {{"A", "b#c"}}},
      {"A=", {{"A", ""}}},
      {"A= # x", {{"A", ""}}},
      {"A='b \"$x\" \\n' # c", {{"A", "b \"$x\" \\n"}}},
      {R"(A="b\nc\t\"\\\$ \q")", {{"A", "b\nc\t\"\\$ \\q"}}},
      {"A=\"one\ntwo\"\nB=c", {{"A", "one\ntwo"}, {"B", "c"}}},
      {"A=it's", {{"A", "it's"}}},
      {"A=${B}", {{"A", "${B}"}}},
      {"A=b=c==", {{"A", "b=c=="}}},
      {"A=1\nB=2\nA=3", {{"A", "3"}, {"B", "2"}}},
      {"\xEF\xBB\xBF"
       "A=1",
       {{"A", "1"}}},
      {"a.b-c=1", {{"a.b-c", "1"}}},
  };
  for (const auto& [text, expected] : cases) BOOST_TEST((parsed(text) == expected), text);
}

BOOST_AUTO_TEST_CASE(faults_have_positions_and_all_are_found) {
  // Each line that is no assignment is told, and reading goes on behind it.
  BOOST_TEST(wrong("A\n1B=2\nC=3\n  =4\n") ==
             "x.env:1:1: \"A\" is not KEY=value (a \"=\" belongs behind the name)\n"
             "x.env:2:1: \"1B=2\" is not KEY=value (names are letters, digits and \"_\")\n"
             "x.env:4:3: \"=4\" is not KEY=value (names are letters, digits and \"_\")\n");
  BOOST_TEST(wrong("A=\"b\nC=d\nE") ==
             "x.env:1:3: the quote \" is never closed (add \")\n"
             "x.env:3:1: \"E\" is not KEY=value (a \"=\" belongs behind the name)\n");
  BOOST_TEST(wrong("A='b' c\n") ==
             "x.env:1:7: \"c\" behind the closing quote (put all of the value into the quotes)\n");
  BOOST_TEST(wrong(std::string("A=b\0c\n", 6)) == "x.env:1:3: the value holds a NUL byte\n");
}

BOOST_AUTO_TEST_SUITE_END()

#include <random>

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

// What keeps a hostile or enormous configuration from costing more than it should.

using namespace aurora;
using namespace aurora::test;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bounds_suite)

BOOST_AUTO_TEST_CASE(the_list_of_faults_is_bounded) {
  // A file of 5,000 faults shows 1,000 and counts the rest.
  std::string text = "{\"services\": {";
  for (int i = 0; i < 5000; ++i) text += "\"s" + std::to_string(i) + "\": 1, ";
  const auto result = load(text + "}}");
  BOOST_TEST(result.faults.size() == 1001u);
  BOOST_TEST(!result.stack.has_value());
  BOOST_TEST(says(to_string(result.faults.back()), "more faults"));
}

BOOST_AUTO_TEST_CASE(c07_services_are_bounded) {
  // 20,000 services load; one more is refused by a limit that is told, once.
  const auto stack_of = [](int count) {
    std::string text = "{\"defaults\": {\"command\": [\"x\"]}, \"services\": {";
    for (int i = 0; i < count; ++i) text += "\"s" + std::to_string(i) + "\": {},";
    return text + "}}";
  };
  BOOST_TEST(loaded(stack_of(20'000)).services.size() == 20'000u);
  const auto said = told(load(stack_of(20'010)).faults);
  BOOST_TEST(says(said, "more than 20000 services\n"));
  BOOST_TEST(said.find('\n') == said.size() - 1);
}

BOOST_AUTO_TEST_CASE(c17_verdicts_repeat) {
  // Of 5,000 random configurations each gets the same verdict and text twice: there is one judge.
  std::mt19937 random(17);
  const std::vector<std::string> values{"1",
                                        "-1",
                                        "0",
                                        "true",
                                        "null",
                                        "\"5s\"",
                                        "\"\"",
                                        "[]",
                                        "{}",
                                        "1e999",
                                        "\"${X}\"",
                                        "[\"a\"]",
                                        "\"a\"",
                                        "{\"a\": \"b\"}",
                                        "\"10MB\"",
                                        "[1]",
                                        "\"${X:-3}\"",
                                        "{\"delay\": \"1s\"}",
                                        "\"http://x\"",
                                        "{\"http\": \"http://x\"}",
                                        "{\"max_size\": 5000}",
                                        "[\"b\", \"c\"]",
                                        "65536"};
  const std::vector<std::string> keys{
      "command",   "type",       "env",      "port",      "instances",     "depends_on",
      "restart",   "ready",      "health",   "stop",      "hooks",         "watch",
      "logs",      "labels",     "limits",   "umask",     "nice",          "user",
      "env_files", "virtualenv", "critical", "autostart", "start_timeout", "workign_dir"};
  for (int i = 0; i < 5000; ++i) {
    std::string text = "{\"services\": {";
    for (const auto* name : {"a", "b"}) {
      text += "\"" + std::string(name) + "\": {\"command\": [\"x\"]";
      for (auto k = random() % 4; k > 0; --k) {
        text += ", \"" + keys[random() % keys.size()] + "\": " + values[random() % values.size()];
      }
      text += "}, ";
    }
    text += "}}";
    const auto first = load(text), second = load(text);
    BOOST_TEST_REQUIRE(first.stack.has_value() == second.stack.has_value());
    BOOST_TEST_REQUIRE(told(first.faults) == told(second.faults));
    BOOST_TEST_REQUIRE(first.stack.has_value() == !has_errors(first.faults));
  }
}

BOOST_AUTO_TEST_SUITE_END()

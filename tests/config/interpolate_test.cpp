#include "config/interpolate.hpp"

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

fake_source surroundings() {
  fake_source source;
  source.environment = {{"HOST", "example"}, {"EMPTY", ""}, {"CASH", "5$"}};
  return source;
}

/// What a label, which is plain text, becomes.
std::string plain(const std::string& text) {
  return service(R"("labels": {"x": ")" + text + "\"}", surroundings()).labels.at("x");
}

/// What an argument, which is a template, becomes.
std::string open_text(const std::string& text) {
  const auto stack = loaded(
      R"({"services": {"w": {"command": ["p", ")" + text + R"("], "port": 1}}})", surroundings());
  return stack.services[0].command.at(1).text;
}

std::string wrong(const std::string& text) {
  const auto said = refusal(R"("labels": {"x": ")" + text + "\"}", surroundings());
  return said.substr(std::min(said.find("labels.x: ") + 10, said.size()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(interpolate_suite)

BOOST_AUTO_TEST_CASE(variables_as_in_compose) {
  // Every form that compose has means what it means there.
  const std::pair<std::string, std::string> cases[] = {
      {"${HOST}", "example"},
      {"a-${HOST}-b", "a-example-b"},
      {"${HOST:-x}", "example"},
      {"${HOST-x}", "example"},
      {"${NONE:-x}", "x"},
      {"${NONE-x}", "x"},
      {"${EMPTY:-x}", "x"},
      {"${EMPTY-x}", ""},
      {"${EMPTY}", ""},
      {"${NONE:-}", ""},
      {"${NONE:-${HOST}}", "example"},
      {"${NONE:-${ALSO:-deep}}!", "deep!"},
      {"${NONE:-$${x}}", "${x}"},
      {"${HOST:+set}", "set"},
      {"${NONE+set}", ""},
      {"${EMPTY:+set}", ""},
      {"${EMPTY+set}", "set"},
      {"${HOST?needed}", "example"},
      {"$${HOST}", "${HOST}"},
      {"$$", "$"},
      {"$$$$", "$$"},
      {"$HOST $1 $? $(date) $", "$HOST $1 $? $(date) $"},
      {"${CASH}", "5$"},
  };
  for (const auto& [text, expected] : cases) BOOST_TEST(plain(text) == expected, text);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_looked_up_is_told) {
  // Unset, required, malformed and the instance's own variables are faults with a way out.
  const std::pair<std::string, std::string> cases[] = {
      {"${NONE}", "variable \"NONE\" is not set (set it, or give a default: \"${NONE:-…}\")"},
      {"${NONE:?give me ${HOST}}", "variable \"NONE\" is not set: give me example (set NONE)"},
      {"${EMPTY:?}", "variable \"EMPTY\" is not set"},
      {"${NONE?}", "variable \"NONE\" is not set"},
      {"${", "\"${\" is never closed (add \"}\", or write $$ for a dollar sign)"},
      {"${HOST", "\"${HOST\" is never closed"},
      {"${}", "\"${}\" is not a variable"},
      {"${x%.*}", "\"${x%.*}\" is not a variable (write \"$${x%.*}\" to hand it on as it is)"},
      {"${1}", "\"${1}\" is not a variable"},
      {"${HOST:x}", "\"${HOST:x}\" is not a variable"},
      {"${PORT}", "${PORT} is the instance's own and not known here"},
      {"${NONE:-${AURORA_INSTANCE}}", "${AURORA_INSTANCE} is the instance's own"},
  };
  for (const auto& [text, expected] : cases) {
    BOOST_TEST(wrong(text).substr(0, expected.size()) == expected, text + " => " + wrong(text));
  }
}

BOOST_AUTO_TEST_CASE(templates_keep_the_instances_own) {
  // In templates the own variables stay open, and every dollar sign that is literal is doubled.
  BOOST_TEST(open_text("${PORT}") == "${PORT}");
  BOOST_TEST(open_text("${NONE:-${PORT}}") == "${PORT}");
  BOOST_TEST(open_text("$${PORT}") == "$${PORT}");
  BOOST_TEST(open_text("$1 ${CASH}") == "$$1 5$$");
  BOOST_TEST(refusal(R"("env": {"X": "${PORT:-80}"})").find("takes no \":-80\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_shell_command_keeps_its_own_variables) {
  // `$1`, `$?`, `$(…)` and `$$` reach the shell; only ${…} is ours.
  const auto web =
      loaded(R"({"services": {"w": {"command": "echo $1 $(date) ${HOST} $$"}}})", surroundings())
          .services[0];
  BOOST_TEST(web.command.size() == 3u);
  BOOST_TEST(web.command[0].text == "/bin/sh");
  BOOST_TEST(web.command[2].text == "echo $$1 $$(date) example $$");
}

BOOST_AUTO_TEST_CASE(where_variables_come_from) {
  // The daemon's environment, then `env`, then `env_files`; earlier entries serve later ones.
  fake_source source;
  source.environment["A"] = "daemon";
  source.files["/srv/demo/x.env"] = "A=file\nB=file\nC=5$\n";
  const auto stack = loaded(
      R"({"env": {"A": "env", "B": "env", "D": "${B}/${A}/${C}", "P": "p${PORT}"}, "env_files": ["x.env"],
          "services": {"w": {"command": ["p", "${A} ${B} ${C} ${D} ${P}"], "port": 1}}})",
      source);
  BOOST_TEST(stack.services[0].command[1].text == "daemon env 5$$ env/daemon/5$$ p${PORT}");
  BOOST_TEST(told(load(R"({"env": {"P": "${PORT}"}, "services": {}, "name": "${P}"})").faults)
                 .find("holds a variable that is the instance's own") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_and_words_may_be_variables) {
  // Where a number, a boolean or a word is wanted the looked-up text is held to the same rules.
  fake_source source;
  source.environment = {
      {"N", "5001"}, {"B", "false"}, {"W", "never"}, {"BAD", "x"}, {"BIG", "1e9"}};
  const auto web = service(
      R"("port": "${N}", "autostart": "${B}", "restart": "${W}", "start_timeout": "${N}ms")",
      source);
  BOOST_TEST(web.port.value() == 5001);
  BOOST_TEST(!web.autostart);
  BOOST_TEST((web.restart.policy == restart_policy::never));
  BOOST_TEST((web.start_timeout == std::chrono::milliseconds(5001)));
  BOOST_TEST(refusal(R"("port": "${BAD}")", source).find("\"x\" is not a whole number") !=
             std::string::npos);
  BOOST_TEST(refusal(R"("port": "${BIG}")", source).find("\"1e9\" is more than 65535") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(growth_is_bounded) {
  // Variables that hold one another twice over end in a fault, not in the machine's memory.
  std::string env = R"("V0": "xxxxxxxxxxxxxxxx")";
  for (int i = 1; i < 64; ++i) {
    const auto before = "${V" + std::to_string(i - 1) + "}";
    env += ", \"V" + std::to_string(i) + "\": \"" + before + before + "\"";
  }
  const auto said = told(load("{\"env\": {" + env + "}, \"services\": {}}").faults);
  BOOST_TEST(said.find("is longer than 131072 bytes with its variables") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

#include "options.hpp"

#include <boost/test/unit_test.hpp>

#include "failure.hpp"

using namespace aurora::ctl;

namespace {

failure refused_by(const std::vector<std::string>& arguments) {
  try {
    parse_arguments(arguments);
  } catch (const failure& what) {
    return what;
  }
  return {exit_code::done, "nothing was refused"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(options)

// Global flags may stand on either side of the verb, values joined or apart, short ones together.
BOOST_AUTO_TEST_CASE(flags_stand_anywhere) {
  const auto a = parse_arguments({"--state-dir", "/s", "logs", "-fn", "5", "-t", "web", "db"});
  BOOST_TEST(a.what->name == "logs");
  BOOST_TEST(a.state_dir.value() == "/s");
  BOOST_TEST(a.has("follow"));
  BOOST_TEST(a.has("timestamps"));
  BOOST_TEST(a.value("lines").value() == "5");
  BOOST_TEST(a.operands == (std::vector<std::string>{"web", "db"}),
             boost::test_tools::per_element());
  const auto b = parse_arguments({"status", "--state-dir=/s", "--json", "-q", "--color=never"});
  BOOST_TEST(b.json);
  BOOST_TEST(b.quiet);
  BOOST_TEST((b.colours == when::never));
  BOOST_TEST((parse_arguments({"stop", "--timeout", "1m30s"}).timeout == std::chrono::seconds(90)));
}

// After `--` everything is an operand.
BOOST_AUTO_TEST_CASE(two_dashes_end_flags) {
  const auto given = parse_arguments({"status", "--", "--web"});
  BOOST_TEST(given.operands.at(0) == "--web");
}

// Nothing at all, --help and --version need no verb.
BOOST_AUTO_TEST_CASE(no_verb) {
  BOOST_TEST(parse_arguments({}).what == nullptr);
  BOOST_TEST(parse_arguments({"--version"}).version);
  BOOST_TEST(parse_arguments({"up", "-h"}).help);
}

// Every mistake is a usage error that says what was meant, and no abbreviation is guessed.
BOOST_AUTO_TEST_CASE(mistakes_are_named) {
  const auto verb = refused_by({"statsu"});
  BOOST_TEST((verb.code == exit_code::usage));
  BOOST_TEST(verb.hint == "did you mean \"status\"?");
  const auto option = refused_by({"logs", "--folow"});
  BOOST_TEST((option.code == exit_code::usage));
  BOOST_TEST(option.hint == "did you mean \"--follow\"?");
  for (const auto& wrong : std::vector<std::vector<std::string>>{{"logs", "--foll"},
                                                                 {"status", "--timeout", "soon"},
                                                                 {"status", "--timeout", "0"},
                                                                 {"status", "--color", "pink"},
                                                                 {"why"},
                                                                 {"why", "a", "b"},
                                                                 {"scale", "web"},
                                                                 {"down", "web"},
                                                                 {"status", "--follow"},
                                                                 {"logs", "-n"},
                                                                 {"nurse"},
                                                                 {"status", "--json=yes"}}) {
    BOOST_TEST((refused_by(wrong).code == exit_code::usage), wrong.back());
  }
}

// Every verb has what help shows, and its own flags never hide a global one.
BOOST_AUTO_TEST_CASE(table_of_verbs_is_whole) {
  for (const auto& v : verbs()) {
    BOOST_TEST(!v.summary.empty(), v.name);
    BOOST_TEST(v.example.find("aurorctl") != std::string_view::npos, v.name);
    BOOST_TEST((v.run != nullptr), v.name);
    for (const auto& f : v.flags) {
      BOOST_TEST(!f.help.empty(), f.name);
      for (const auto& g : global_flags()) {
        BOOST_TEST(f.name != g.name);
        BOOST_TEST((f.letter == 0 || f.letter != g.letter));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

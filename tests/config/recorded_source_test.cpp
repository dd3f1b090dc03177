#include "config/recorded_source.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Texts that are valid, wrong all over, nested, included and interpolated.
std::vector<std::pair<std::string, std::string>> samples() {
  std::vector<std::pair<std::string, std::string>> out{
      {"the sample of the contract", full_sample},
      {"an include that is missing", R"({"include": ["none.json", "conf.d/*.json"]})"},
      {"one that includes itself as well", R"({"include": ["*.json"], "env_files": ["aurora.json"],
          "services": {}})"},
      {"variables", R"({"env": {"B": "${A}${UNSET:-x}"}, "env_files": [".env"], "services": {
          "a": {"command": ["${A}", "${FROM_FILE}", "${E:?empty}", "${NONE}", "${PORT}"]}}})"}};
  for (const auto* folder : {"/tests/config/golden", "/tests/fuzz/corpus/config", "/etc/sample"}) {
    for (const auto& each :
         std::filesystem::recursive_directory_iterator(AURORA_SOURCE + std::string(folder))) {
      if (each.path().extension() != ".json") continue;
      out.emplace_back(each.path().string(), content(each.path()));
    }
  }
  return out;
}

fake_source a_disk(const std::string& main_text) {
  fake_source disk;
  disk.environment = {{"A", "1"}, {"E", ""}};
  disk.files[main_file] = main_text;
  disk.files["/srv/demo/.env"] = "FROM_FILE=2\nnonsense\n";
  disk.files["/srv/demo/conf.d/a.json"] = R"({"services": {"db": {"command": ["${A}"]}}})";
  return disk;
}

/// All members of a stack; one that is added does not compile until it is named here.
auto members(const stack_spec& stack) {
  const auto& [name, file, state_dir, listen, tls, hosts, group, timeout, log_size, needs,
               services] = stack;
  return std::tie(name, file, state_dir, listen, tls, hosts, group, timeout, log_size, needs,
                  services);
}

bool are_same(const load_result& a, const load_result& b) {
  if (!a.stack || !b.stack) return a.stack.has_value() == b.stack.has_value();
  return members(*a.stack) == members(*b.stack);
}

void check_replay(const std::string& name, const std::string& text) {
  auto disk = a_disk(text);
  config::recording_source recording(disk, main_file);
  const auto first = load_config(main_file, recording);
  BOOST_TEST(told(first.faults) == told(load_config(main_file, disk).faults), name);
  BOOST_TEST(recording.record().main_file == main_file);

  config::recorded_source recorded(recording.record());
  const auto again = load_config(recording.record().main_file, recorded);
  BOOST_TEST(are_same(again, first), name);
  BOOST_TEST(told(again.faults) == told(first.faults), name);
  BOOST_TEST(again.files == first.files, name);
  fault_context shown(main_file, disk), shown_again(main_file, recorded);
  for (const auto& fault : first.faults) BOOST_TEST(shown.of(fault) == shown_again.of(fault), name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recorded_source)

BOOST_AUTO_TEST_CASE(the_same_comes_of_the_record) {
  // Whatever the text: what is loaded from its record is the same stack with the same faults, shown
  // in the same lines.
  for (const auto& [name, text] : samples()) check_replay(name, text);
}

BOOST_AUTO_TEST_CASE(the_same_comes_of_any_cut) {
  // Half a file, as an editor may leave it, has a record like any other.
  const std::string text = full_sample;
  for (std::size_t length = 0; length < text.size(); length += 7) {
    check_replay("cut at " + std::to_string(length), text.substr(0, length));
  }
}

BOOST_AUTO_TEST_CASE(all_that_was_asked_is_in_it) {
  // Files with their text or their fault, patterns, and variables that are set or not.
  auto disk = a_disk(R"({"include": ["conf.d/*.json", "none.json"], "env_files": [".env"],
      "env": {"X": "${A}${UNSET-}"}})");
  config::recording_source recording(disk, main_file);
  load_config(main_file, recording);
  const auto& record = recording.record();
  BOOST_TEST(record.files.size() == 4u);
  BOOST_TEST(record.files.at("/srv/demo/.env").text.value() == "FROM_FILE=2\nnonsense\n");
  BOOST_TEST(!record.files.at("/srv/demo/none.json").text.has_value());
  BOOST_TEST(record.files.at("/srv/demo/none.json").error_words == "no such file or directory");
  BOOST_TEST((record.globs.at("/srv/demo/conf.d/*.json") ==
              std::vector<std::string>{"/srv/demo/conf.d/a.json"}));
  BOOST_TEST(record.variables.at("A").value() == "1");
  BOOST_TEST(!record.variables.at("UNSET").has_value());
}

BOOST_AUTO_TEST_CASE(the_first_answer_counts) {
  // What changes while it is loaded, or before its faults are shown, does not change the record.
  auto disk = a_disk("{}");
  config::recording_source recording(disk, main_file);
  std::string why;
  recording.read(main_file, why);
  recording.read("/srv/demo/none", why);
  recording.glob("/srv/demo/*");
  recording.variable("A");
  const auto record = recording.record();
  disk.files[main_file] = disk.files["/srv/demo/none"] = "changed";
  disk.environment.clear();
  BOOST_TEST(recording.read(main_file, why).value() == "{}");
  why.clear();
  BOOST_TEST(!recording.read("/srv/demo/none", why).has_value());
  BOOST_TEST(why == "no such file or directory");
  BOOST_TEST(recording.glob("/srv/demo/*").size() == 2u);
  BOOST_TEST(recording.variable("A").value() == "1");
  BOOST_TEST((recording.record() == record));
}

BOOST_AUTO_TEST_CASE(what_was_never_asked_is_not_there) {
  // A record answers no new questions; it says so.
  config::recorded_source recorded({});
  std::string why;
  BOOST_TEST(!recorded.read("/etc/passwd", why).has_value());
  BOOST_TEST(why == "not recorded");
  BOOST_TEST(recorded.glob("/etc/*").empty());
  BOOST_TEST(!recorded.variable("PATH").has_value());
  const auto result = load_config(main_file, recorded);
  BOOST_TEST(!result.stack.has_value());
  BOOST_TEST(told(result.faults).find("cannot read the configuration: not recorded") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

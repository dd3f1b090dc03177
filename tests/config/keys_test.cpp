#include "config/keys.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

#include "config/draft.hpp"
#include "config/fake_source.hpp"

using namespace aurora;
using namespace aurora::config;
using namespace aurora::test;

namespace {

/// Where each section of the table stands in a file: what leads to it and what closes it.
struct location {
  const section_info* table;
  std::string before, after;
};

std::vector<location> sections() {
  const std::string web = R"({"services": {"web": {"command": ["true"])";
  const auto of = [&](const char* key) {
    return location{nullptr, web + ", \"" + key + "\": {", "}}}}"};
  };
  std::vector<location> all{{&stack_section(), "{\"services\": {}, ", "}"},
                            {&service_section(), web + ", ", "}}}"}};
  for (const auto& row : service_section().rows) {
    if (row.section == nullptr) continue;
    all.push_back(of(std::string(row.name).c_str()));
    all.back().table = &row.section();
  }
  for (const auto& row : stack_section().rows) {
    if (row.section == nullptr) continue;
    all.push_back(
        {&row.section(), "{\"services\": {}, \"" + std::string(row.name) + "\": {", "}}"});
  }
  all.push_back(
      {&dependency_section(),
       R"({"services": {"db": {"command": ["x"]}, "web": {"command": ["x"], "depends_on": {"db": {)",
       "}}}}}"});
  all.push_back({&prerequisite_section(), R"({"services": {}, "prerequisites": [{)", "}]}"});
  return all;
}

/// Every word that is one edit away from another.
std::set<std::string> one_edit(const std::string& word) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < word.size(); ++i) {
    auto edited = word;
    edited.erase(i, 1);
    all.insert(edited);
    edited = word;
    edited[i] = edited[i] == 'q' ? 'z' : 'q';
    all.insert(edited);
    edited = word;
    edited.insert(i, 1, 'q');
    all.insert(edited);
    if (i > 0) {
      edited = word;
      std::swap(edited[i - 1], edited[i]);
      all.insert(edited);
    }
  }
  all.erase(word);
  all.erase("");
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keys_suite)

BOOST_AUTO_TEST_CASE(c04_every_key_with_one_edit) {
  // A key that is one slip away from a known one is an error that names a known one.
  unsigned tried = 0;
  for (const auto& where : sections()) {
    std::set<std::string> names;
    for (const auto* row : where.table->keys) names.insert(std::string(row->name));
    for (const auto& name : names) {
      for (const auto& edited : one_edit(name)) {
        if (names.count(edited) != 0) continue;
        const auto text = where.before + "\"" + edited + "\": 1" + where.after;
        const auto said = told(load(text).faults);
        BOOST_TEST_REQUIRE(said.find("\"" + edited + "\" is not a key of") != std::string::npos,
                           text + "\n" + said);
        BOOST_TEST_REQUIRE(said.find("did you mean \"") != std::string::npos, text + "\n" + said);
        // Of names long enough to be meant for one thing only the right one is found.
        if (name.size() > 5) {
          BOOST_TEST_REQUIRE(said.find("did you mean \"" + name + "\"?") != std::string::npos,
                             text + "\n" + said);
        }
        ++tried;
      }
    }
  }
  BOOST_TEST(tried > 1000u);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_nothing_like_any_lists_them) {
  // Where nothing is near the known keys are listed.
  BOOST_TEST(
      refusal(R"("stop": {"xyzzy": 1})") ==
      "aurora.json:1:53: services.web.stop.xyzzy: \"xyzzy\" is not a key of stop (known here: "
      "signal, timeout, to, command)\n");
}

BOOST_AUTO_TEST_CASE(defaults_of_the_table_are_those_of_the_specification) {
  // Writing every default out changes nothing: the table and spec.hpp say the same.
  std::string written;
  const auto write = [&](const section_info& table) {
    std::string members;
    for (const auto* row : table.keys) {
      if (row->fallback.empty()) continue;
      members += (members.empty() ? "\"" : ", \"") + std::string(row->name) +
                 "\": " + std::string(row->fallback);
    }
    return members;
  };
  written = write(service_section());
  for (const auto& row : service_section().rows) {
    if (row.section == nullptr) continue;
    auto members = write(row.section());
    const std::string name(row.name);
    // These two mean something by being there.
    if (name == "watch" || name == "ready") continue;
    if (name == "health") members += R"(, "http": "http://x")";
    written += ", \"" + name + "\": {" + members + "}";
  }
  const auto bare = service(R"("health": {"http": "http://x"})");
  BOOST_TEST((service(written) == bare), written);
  BOOST_TEST((bare.restart == restart_spec{}));
  BOOST_TEST((bare.logs == logs_spec{}));
  BOOST_TEST((bare.stop == stop_spec{}));
  const auto stack = loaded("{\"services\": {}}");
  const auto spelled =
      loaded("{" + write(stack_section()) + R"(, "http": {"listen": "127.0.0.1:9090"}})");
  BOOST_TEST(stack.http_listen == spelled.http_listen);
  BOOST_TEST((stack.shutdown_timeout == spelled.shutdown_timeout));
  BOOST_TEST((stack.shutdown_timeout == stack_spec{}.shutdown_timeout));
  const auto watch = service(R"("watch": {)" + write(watch_section()) + "}").watch.value();
  BOOST_TEST((watch == watch_spec{}));
}

BOOST_AUTO_TEST_CASE(every_key_has_a_meaning) {
  // Rows without words would leave a hole in the schema and the manual.
  for (const auto& where : sections()) {
    for (const auto* row : where.table->keys) {
      BOOST_TEST(row->doc.size() > 5u, row->name);
      BOOST_TEST(row->doc.back() == '.', row->name);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

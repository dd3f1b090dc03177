#include "supervisor/journal.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora;

namespace {

journal_entry about(const std::string& instance) {
  journal_entry entry;
  entry.instance = instance;
  return entry;
}

struct listener : server::observer {
  std::vector<std::uint64_t> heard;
  void on_entry(const journal_entry& entry) override { heard.push_back(entry.sequence); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_grow_by_one_and_the_oldest_go) {
  // A client that resumes at a number gets exactly what came after it.
  shell::journal kept(3);
  for (int i = 0; i < 5; ++i) kept.append(about("a"));
  BOOST_TEST(kept.last() == 5u);
  const auto all = kept.after(0, 100);
  BOOST_REQUIRE_EQUAL(all.size(), 3u);
  BOOST_TEST(all.front().sequence == 3u);
  const auto rest = kept.after(4, 100);
  BOOST_REQUIRE_EQUAL(rest.size(), 1u);
  BOOST_TEST(rest.front().sequence == 5u);
  BOOST_TEST(kept.after(5, 100).empty());
  BOOST_TEST(kept.after(3, 1).front().sequence == 4u);
}

BOOST_AUTO_TEST_CASE(one_instance_is_told_in_order) {
  // `why` reads the last entries of one instance, oldest first.
  shell::journal kept;
  for (const char* name : {"a", "b", "a", "b", "a"}) kept.append(about(name));
  const auto found = kept.of("a", 2);
  BOOST_REQUIRE_EQUAL(found.size(), 2u);
  BOOST_TEST(found[0].sequence == 3u);
  BOOST_TEST(found[1].sequence == 5u);
}

BOOST_AUTO_TEST_CASE(observers_hear_until_they_are_forgotten) {
  // Whoever has gone is not called any more.
  shell::journal kept;
  listener first, second;
  kept.observe(first);
  kept.observe(second);
  kept.append(about("a"));
  kept.forget(first);
  kept.append(about("a"));
  BOOST_TEST(first.heard.size() == 1u);
  BOOST_TEST(second.heard.size() == 2u);
}

#include "reactor/logs/segments.hpp"

#include <atomic>

#include <fcntl.h>
#include <boost/test/unit_test.hpp>

#include "reactor/logs/gzip.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;
using reactor::logs::find_segments;
using reactor::logs::repair_segments;

namespace {

void pack(const std::string& from, const std::string& to) {
  const reactor::logs::descriptor in(::open(from.c_str(), O_RDONLY));
  const reactor::logs::descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0640));
  const std::atomic<bool> stop{false};
  BOOST_REQUIRE(reactor::logs::gzip_copy(in.get(), out.get(), stop) == 0);
}

std::vector<std::string> repaired(const test::scratch& dir, unsigned keep) {
  repair_segments(dir.logs(), "web", reactor::logs::find_segments(dir.logs())["web"], keep);
  return test::names_in(dir.logs());
}

using names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(rotated_files)

BOOST_AUTO_TEST_CASE(are_told_from_what_looks_like_them) {
  // Only NAME.log.NUMBER, with or without .gz, is a rotated file; names may hold dots.
  const test::scratch dir;
  for (const auto* name : {"web.log", "web.log.1", "web.log.2.gz", "web.log.10", "web.log.01",
                           "web.log.x", "web.log.3.bak", "web.log.4.gz.tmp", "web.log.", ".log.1",
                           "a.b@2.log.7", "web2.log.5", "web.log.99999999999"})
    test::write_all(dir.logs() + '/' + name, "x");
  const auto found = find_segments(dir.logs(), "web");
  BOOST_REQUIRE(found.size() == 3u);
  BOOST_TEST((found[0].number == 1 && found[1].number == 2 && found[1].packed));
  BOOST_TEST(found[2].number == 10u);
  BOOST_TEST(find_segments(dir.logs()).size() == 3u);
  BOOST_TEST(find_segments(dir.logs(), "a.b@2").size() == 1u);
}

BOOST_AUTO_TEST_CASE(close_their_ranks) {
  // A gap in the numbers is closed without changing the order, and what is too many goes.
  const test::scratch dir;
  for (const auto n : {2, 3, 7, 9})
    test::write_all(dir.logs() + "/web.log." + std::to_string(n), std::to_string(n));
  BOOST_TEST(repaired(dir, 3) == (names{"web.log.1", "web.log.2", "web.log.3"}));
  BOOST_TEST(test::whole_log(dir.logs(), "web") == "732");
}

BOOST_AUTO_TEST_CASE(finish_a_packing_that_was_cut_short) {
  // With the copy complete the plain file goes; the temporary copy always does.
  const test::scratch dir;
  test::write_all(dir.logs() + "/web.log.1", "one\n");
  test::write_all(dir.logs() + "/web.log.0.gz", "half a copy");
  pack(dir.logs() + "/web.log.1", dir.logs() + "/web.log.1.gz");
  BOOST_TEST(repaired(dir, 5) == (names{"web.log.1.gz"}));
  BOOST_TEST(test::whole_log(dir.logs(), "web") == "one\n");
}

BOOST_AUTO_TEST_CASE(never_overwrite_one_another) {
  // Two different files with one number stay two, whatever stands behind them.
  const test::scratch dir;
  test::write_all(dir.logs() + "/other", "older\n");
  pack(dir.logs() + "/other", dir.logs() + "/web.log.1.gz");
  ::unlink((dir.logs() + "/other").c_str());
  test::write_all(dir.logs() + "/web.log.1", "younger\n");
  test::write_all(dir.logs() + "/web.log.2", "oldest\n");
  BOOST_TEST(repaired(dir, 5) == (names{"web.log.1", "web.log.2.gz", "web.log.3"}));
  BOOST_TEST(test::whole_log(dir.logs(), "web") == "oldest\nolder\nyounger\n");
}

BOOST_AUTO_TEST_CASE(renaming_refuses_to_replace) {
  // The one rename that rotation uses leaves an existing target alone.
  const test::scratch dir;
  test::write_all(dir.root + "/a", "a");
  test::write_all(dir.root + "/b", "b");
  BOOST_TEST(reactor::logs::rename_new(dir.root + "/a", dir.root + "/b") == EEXIST);
  BOOST_TEST(test::read_all(dir.root + "/b") == "b");
}

BOOST_AUTO_TEST_SUITE_END()

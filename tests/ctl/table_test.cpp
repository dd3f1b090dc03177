#include "table.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora::ctl;

namespace {

struct fixture {
  terminal out{1, when::never};
  table shown{{{"NAME", align::left, 0, 6},
               {"STATE", align::left, 0},
               {"PID", align::right, 2},
               {"REASON", align::left, 1, 6}}};
  fixture() {
    shown.add({{"backend"}, {"running"}, {"42"}, {"ready since a long time"}});
    shown.add({{"db"}, {"waiting"}, {"-"}, {"waits for disk"}});
  }
};

std::size_t widest(const std::vector<std::string>& lines) {
  std::size_t most = 0;
  for (const auto& line : lines) most = std::max(most, display_width(line));
  return most;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tables, fixture)

// Without a limit nothing is cut: what is piped is whole.
BOOST_AUTO_TEST_CASE(unlimited_is_whole) {
  const auto lines = shown.lines(out, 0);
  BOOST_TEST(lines.size() == 3);
  BOOST_TEST(lines[0] == "NAME     STATE    PID  REASON");
  BOOST_TEST(lines[1] == "backend  running   42  ready since a long time");
  BOOST_TEST(lines[2] == "db       waiting    -  waits for disk");
}

// First the reason shrinks, then columns go, and every width is kept to.
BOOST_AUTO_TEST_CASE(every_width_is_kept) {
  for (std::size_t width = 1; width < 60; ++width) {
    BOOST_TEST(widest(shown.lines(out, width)) <= width, "at width " << width);
  }
  const auto medium = shown.lines(out, 34);
  BOOST_TEST(medium[0].find("PID") != std::string::npos);
  BOOST_TEST(medium[1].find("backend") != std::string::npos);
  const auto narrow = shown.lines(out, 26);
  BOOST_TEST(narrow[0].find("PID") == std::string::npos);
  BOOST_TEST(narrow[0].find("REASON") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

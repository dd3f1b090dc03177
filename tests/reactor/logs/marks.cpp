#include "reactor/logs/mark_file.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "reactor/logs/support.hpp"

using namespace aurora;
using namespace std::chrono_literals;
using namespace reactor::logs;

namespace {

wall_time at(std::int64_t ms) { return wall_time(std::chrono::milliseconds(1'000'000 + ms)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(marks)

BOOST_AUTO_TEST_CASE(are_at_most_one_in_100_ms) {
  // A second note within 100 ms is left out, after them or when the clock went back it is taken.
  const test::scratch dir;
  mark_file marks(dir.run() + "/web.marks");
  marks.load();
  BOOST_TEST(marks.note(0, at(0)));
  BOOST_TEST(!marks.note(10, at(99)));
  BOOST_TEST(marks.note(20, at(100)));
  BOOST_TEST(marks.note(30, at(-500)));
  marks.flush();
  BOOST_TEST(read_marks(dir.run() + "/web.marks").times.size() == 3u);
}

BOOST_AUTO_TEST_CASE(tell_the_time_of_a_byte) {
  // A byte has the time of the last mark at or before it, and a time leads to its first byte.
  mark_table table;
  table.times = {{0, at(0)}, {100, at(1000)}, {300, at(2000)}};
  BOOST_TEST((table.time_of(99, {}) == at(0)));
  BOOST_TEST((table.time_of(100, {}) == at(1000)));
  BOOST_TEST((table.time_of(5000, {}) == at(2000)));
  BOOST_TEST(table.since(at(1000), 400) == 100u);
  BOOST_TEST(table.since(at(1001), 400) == 300u);
  BOOST_TEST(table.since(at(2001), 400) == 400u);
  BOOST_TEST(table.since(at(-5), 400) == 0u);
}

BOOST_AUTO_TEST_CASE(survive_their_writer) {
  // What was flushed is there for the next one, and a record cut short by a crash does no harm.
  const test::scratch dir;
  const auto path = dir.run() + "/web.marks";
  {
    mark_file marks(path);
    marks.load();
    marks.note(5, at(0));
    marks.put({77, 0, 1000});
  }
  test::write_all(path, test::read_all(path) + "torn");
  mark_file marks(path);
  const auto table = marks.load();
  BOOST_TEST(table.sound);
  BOOST_TEST((table.times.size() == 1 && table.anchors.size() == 1));
  marks.note(2000, at(5000));
  marks.flush();
  BOOST_TEST(read_marks(path).times.size() == 2u);
  BOOST_TEST(read_marks(path).anchors.front().offset == 1000u);
}

BOOST_AUTO_TEST_CASE(begin_anew_when_damaged) {
  // A file that is not ours, or whose offsets go back, counts as none and is replaced.
  const test::scratch dir;
  const auto path = dir.run() + "/web.marks";
  test::write_all(path, "something else entirely, and long enough to hold a record");
  mark_file marks(path);
  BOOST_TEST(!marks.load().sound);
  marks.note(1, at(0));
  marks.flush();
  BOOST_TEST((read_marks(path).sound && read_marks(path).times.size() == 1));
}

BOOST_AUTO_TEST_CASE(stay_small) {
  // However long a log lives, its marks stay below 2 MiB, and what is gone is forgotten.
  const test::scratch dir;
  const auto path = dir.run() + "/web.marks";
  mark_file marks(path);
  marks.load();
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    marks.note(i * 10, at(static_cast<std::int64_t>(i) * 100));
    if (i % 100 == 0) marks.flush();
    if (i == 150'000) marks.forget_before(1'000'000);
  }
  marks.flush();
  const auto table = read_marks(path);
  BOOST_TEST(table.sound);
  BOOST_TEST(std::filesystem::file_size(path) < 2u << 20);
  BOOST_TEST(table.times.front().offset >= 900'000u);
  BOOST_TEST((table.time_of(1'999'990, {}) == at(19'999'900)));
}

BOOST_AUTO_TEST_CASE(place_files_by_what_is_known) {
  // One anchor places all files of a log; with none the oldest begins at 0.
  mark_table table;
  std::vector<placed_file> files{{3, 30, 0}, {2, 200, 0}, {1, 1000, 0}};
  table.place(files);
  BOOST_TEST((files[2].begin == 0 && files[1].begin == 1000 && files[0].begin == 1200));
  table.anchors = {{2, 0, 5000}};
  table.place(files);
  BOOST_TEST((files[2].begin == 4000 && files[1].begin == 5000 && files[0].begin == 5200));
  table.anchors.push_back({3, 10, 6000});
  table.place(files);
  BOOST_TEST((files[0].begin == 5990 && table.end_of(files[0]) == 6020));
}

BOOST_AUTO_TEST_SUITE_END()

#include "reactor/logs/log_reader.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "reactor/logs/mark_file.hpp"
#include "reactor/logs/segments.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;
using reactor::log_line;
using reactor::log_query;
using reactor::log_reader;

namespace {

std::vector<log_line> read(const test::scratch& dir, const log_query& what,
                           const std::string& name = "web") {
  log_reader reader({dir.logs(), dir.run(), name}, what);
  std::vector<log_line> all;
  for (auto some = reader.next(10'000); !some.empty(); some = reader.next(10'000))
    for (auto& each : some) all.push_back(std::move(each));
  return all;
}

std::vector<std::string> texts(const std::vector<log_line>& lines) {
  std::vector<std::string> result;
  for (const auto& each : lines) result.push_back(each.text);
  return result;
}

wall_time at(std::int64_t seconds) { return wall_time(std::chrono::seconds(1'000 + seconds)); }

// A log of three files made by hand, with a mark a line: "line N" came at second N.
void make_log(const test::scratch& dir, const std::string& name = "web", int step = 1) {
  reactor::logs::mark_file marks(dir.run() + '/' + name + ".marks");
  marks.load();
  std::uint64_t offset = 0;
  for (int file = 2; file >= 0; --file) {
    std::string text;
    for (int i = 0; i < 3; ++i) {
      const int n = ((2 - file) * 3 + i) * step;
      marks.note(offset + text.size(), at(n));
      text += "line " + std::to_string(n) + '\n';
    }
    offset += text.size();
    test::write_all(dir.logs() + '/' + name + ".log" + (file ? '.' + std::to_string(file) : ""),
                    text);
  }
  marks.flush();
}

using lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(a_log_reader)

BOOST_AUTO_TEST_CASE(has_no_lines_of_no_log) {
  // No file at all is an empty history.
  const test::scratch dir;
  BOOST_TEST(read(dir, {}).empty());
  log_query last;
  last.last = 5;
  last.since = at(0);
  BOOST_TEST(read(dir, last).empty());
}

BOOST_AUTO_TEST_CASE(reads_across_rotated_files) {
  // Oldest first, with the offset and the time of each line.
  const test::scratch dir;
  make_log(dir);
  const auto all = read(dir, {});
  BOOST_REQUIRE(all.size() == 9u);
  for (std::size_t i = 0; i < 9; ++i) {
    BOOST_TEST(all[i].text == "line " + std::to_string(i));
    BOOST_TEST(all[i].offset == i * 7);
    BOOST_TEST((all[i].time == at(static_cast<std::int64_t>(i))));
    BOOST_TEST(!all[i].partial);
  }
}

BOOST_AUTO_TEST_CASE(finds_the_last_lines) {
  // Any number of them, over the bounds of files; an unfinished line counts as one.
  const test::scratch dir;
  make_log(dir);
  log_query what;
  for (std::size_t n = 0; n <= 12; ++n) {
    what.last = n;
    const auto found = read(dir, what);
    BOOST_REQUIRE(found.size() == std::min<std::size_t>(n, 9));
    if (n) BOOST_TEST(found.back().text == "line 8");
  }
  test::write_all(dir.logs() + "/web.log", "line 6\nline 7\nline 8\nunfinished");
  what.last = 2;
  const auto found = read(dir, what);
  BOOST_TEST(texts(found) == (lines{"line 8", "unfinished"}));
  BOOST_TEST(found.back().partial);
}

BOOST_AUTO_TEST_CASE(begins_at_a_time) {
  // What came at that time or later, beginning with a whole line.
  const test::scratch dir;
  make_log(dir);
  log_query what;
  what.since = at(4);
  BOOST_TEST(texts(read(dir, what)).front() == "line 4");
  what.since = at(3) + std::chrono::milliseconds(1);
  BOOST_TEST(texts(read(dir, what)).front() == "line 4");
  what.since = at(100);
  BOOST_TEST(read(dir, what).empty());
  what.since = at(-100);
  BOOST_TEST(read(dir, what).size() == 9u);
}

BOOST_AUTO_TEST_CASE(begins_and_ends_at_offsets) {
  // From any offset, also within a line, to any other: the bytes between.
  const test::scratch dir;
  make_log(dir);
  log_query what;
  what.from = 9;
  what.until = 24;
  const auto found = read(dir, what);
  BOOST_TEST(texts(found) == (lines{"ne 1", "line 2", "lin"}));
  BOOST_TEST(found.back().partial);
  what.from = 1000;
  BOOST_TEST(read(dir, what).empty());
}

BOOST_AUTO_TEST_CASE(cuts_long_lines) {
  // Pieces of 64 KiB at most, flagged, that together are the line.
  const test::scratch dir;
  const std::string line(200'000, 'x');
  test::write_all(dir.logs() + "/web.log", "a\n" + line + "\nb\n");
  const auto all = read(dir, {});
  std::string joined;
  for (const auto& each : all) {
    BOOST_TEST(each.text.size() <= 64u << 10);
    joined += each.text;
    if (!each.partial) joined += '\n';
  }
  BOOST_TEST(joined == "a\n" + line + "\nb\n");
}

BOOST_AUTO_TEST_CASE(reads_in_steps) {
  // A step gives about what was asked for, however much there is.
  const test::scratch dir;
  test::write_all(dir.logs() + "/web.log", test::numbered(1, 20'000));
  log_reader reader({dir.logs(), dir.run(), "web"}, {});
  std::size_t steps = 0, count = 0;
  for (auto some = reader.next(100'000); !some.empty(); some = reader.next(100'000)) {
    std::size_t bytes = 0;
    for (const auto& each : some) bytes += each.text.size();
    BOOST_TEST(bytes < 100'000u + (64 << 10));
    ++steps;
    count += some.size();
  }
  BOOST_TEST(count == 20'000u);
  BOOST_TEST(steps >= 10u);
}

BOOST_AUTO_TEST_CASE(merges_by_time) {
  // Several logs come as one in the order of time.
  const test::scratch dir;
  make_log(dir, "web", 2);
  make_log(dir, "api", 3);
  std::vector<log_reader> readers;
  for (const auto* name : {"web", "api"})
    readers.emplace_back(reactor::log_place{dir.logs(), dir.run(), name}, log_query{});
  reactor::log_merge merge(std::move(readers));
  std::vector<reactor::merged_line> all;
  for (auto some = merge.next(30); !some.empty(); some = merge.next(30))
    for (auto& each : some) all.push_back(std::move(each));
  BOOST_REQUIRE(all.size() == 18u);
  for (std::size_t i = 1; i < all.size(); ++i) {
    BOOST_TEST((all[i - 1].line.time <= all[i].line.time));
    if (all[i - 1].line.time == all[i].line.time) BOOST_TEST(all[i - 1].reader < all[i].reader);
  }
}

BOOST_AUTO_TEST_CASE(reads_packed_files) {
  // Rotated and packed by a hub: all lines, the last ones, and any offset are found as before.
  test::hub_fixture hub;
  const auto channel = hub.open("web", test::rotating(64 << 10, 50, true));
  const auto text = test::numbered(1, 8'000);
  std::thread service([&] { test::put(channel->stdout_fd(), text); });
  const auto plain = [&] {
    const auto found = reactor::logs::find_segments(hub.dir.logs(), "web");
    return std::count_if(found.begin(), found.end(), [](auto each) { return !each.packed; });
  };
  hub.until([&] { return channel->bytes() == text.size() && plain() == 0; });
  service.join();
  BOOST_TEST(read(hub.dir, {}).size() == 8'000u);
  log_query what;
  for (const std::size_t n : {1UL, 500UL, 3'000UL, 7'999UL, 9'000UL}) {
    what.last = n;
    const auto found = read(hub.dir, what);
    BOOST_REQUIRE(found.size() == std::min<std::size_t>(n, 8'000));
    BOOST_TEST(found.front().text + '\n' == test::numbered(8'001 - found.size()));
  }
  what = {};
  what.from = text.size() / 3;
  std::string rest;
  for (const auto& each : read(hub.dir, what)) rest += each.text + '\n';
  BOOST_TEST(rest == text.substr(text.size() / 3));
}

BOOST_AUTO_TEST_CASE(meets_the_live_output) {
  // History up to `bytes` and a tap from there on are the whole, wherever the one ends: no gap and
  // nothing twice, while lines come and files rotate.
  test::hub_fixture hub;
  const auto channel = hub.open("web", test::rotating(32 << 10, 200));
  const auto text = test::numbered(1, 15'000);
  std::thread service([&] {
    std::string_view rest = text;
    for (; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 3001)))
      test::put(channel->stdout_fd(), rest.substr(0, 3001));
  });
  struct follower {
    std::string text;
    std::shared_ptr<void> tap;
  };
  std::vector<std::unique_ptr<follower>> followers;
  for (std::uint64_t next = 1000; next < text.size(); next += text.size() / 20) {
    hub.until([&] { return channel->bytes() >= next; });
    auto& each = *followers.emplace_back(std::make_unique<follower>());
    log_query what;
    what.until = channel->bytes();
    each.tap = channel->tap([&each](std::string_view bytes, std::uint64_t offset) {
      BOOST_REQUIRE(offset == each.text.size());
      each.text += bytes;
    });
    for (const auto& line : read(hub.dir, what))
      each.text += line.partial ? line.text : line.text + '\n';
    BOOST_REQUIRE(each.text.size() == what.until);
  }
  hub.until([&] { return channel->bytes() == text.size(); });
  service.join();
  for (const auto& each : followers) BOOST_TEST((each->text == text));
}

BOOST_AUTO_TEST_CASE(survives_copytruncate) {
  // What a hand truncated away is missing, what came later keeps its offset and its time.
  test::hub_fixture hub;
  const auto channel = hub.open("web");
  test::put(channel->stdout_fd(), "old line\n");
  hub.until([&] { return channel->bytes() == 9; });
  BOOST_REQUIRE(::truncate(channel->path().c_str(), 0) == 0);
  test::put(channel->stdout_fd(), "new line\n");
  hub.until([&] { return channel->bytes() == 18; });
  const auto all = read(hub.dir, {});
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST((all[0].text == "new line" && all[0].offset == 9));
  // The times are those of its marks, a moment ago.
  const auto now = std::chrono::system_clock::now();
  BOOST_TEST((all[0].time <= now && all[0].time > now - std::chrono::minutes(5)));
}

BOOST_AUTO_TEST_SUITE_END()

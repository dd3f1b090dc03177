#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "reactor/logs/log_budget.hpp"
#include "reactor/logs/segments.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;

namespace {

// Writes numbered lines from a thread of its own, many in a write.
std::thread numbers(int fd, std::uint64_t first, std::uint64_t last) {
  return std::thread([=] {
    std::string block;
    for (auto n = first; n <= last; ++n) {
      block += test::numbered(n);
      if (block.size() > 50'000 || n == last) test::put(fd, std::exchange(block, {}));
    }
  });
}

std::uint64_t size_of_numbers(std::uint64_t last) {
  std::uint64_t size = 0;
  for (std::uint64_t n = 1; n <= last; ++n) size += test::numbered(n).size();
  return size;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rotation_under_load)

BOOST_AUTO_TEST_CASE(loses_and_repeats_nothing) {
  // Over 10,000 rotations of 4 KiB: the tap has every byte in order, the files hold the youngest
  // lines without a gap, and their number is exact.
  test::hub_fixture at;
  const auto channel = at.open("web", test::rotating(4096, 6));
  const auto block = test::numbered(1, 16'000);
  constexpr std::uint64_t blocks = 42;
  std::uint64_t heard = 0;
  bool same = true;
  const auto tap = channel->tap([&](std::string_view bytes, std::uint64_t offset) {
    BOOST_REQUIRE(offset == heard);
    heard += bytes.size();
    for (auto at_block = offset % block.size(); !bytes.empty(); at_block = 0) {
      const auto part = bytes.substr(0, block.size() - at_block);
      same = same && block.compare(at_block, part.size(), part) == 0;
      bytes.remove_prefix(part.size());
    }
  });
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < blocks; ++i) test::put(channel->stdout_fd(), block);
  });
  at.until([&] { return heard == blocks * block.size(); });
  writer.join();
  BOOST_TEST(same);
  BOOST_TEST(channel->bytes() / 4096 >= 10'000u);
  const auto text = test::whole_log(at.dir.logs(), "web");
  BOOST_TEST(block.ends_with(text));
  BOOST_TEST(text.size() > 6u * 3'900);
  BOOST_TEST(reactor::logs::find_segments(at.dir.logs(), "web").size() == 6u);
}

BOOST_AUTO_TEST_CASE(keeps_all_when_there_is_room) {
  // With room for all of them, every line of 150 rotations is found once and in order.
  test::hub_fixture at;
  const auto channel = at.open("web", test::rotating(16 << 10, 2000));
  constexpr std::uint64_t last = 40'000;
  const auto size = size_of_numbers(last);
  auto writer = numbers(channel->stdout_fd(), 1, last);
  at.until([&] { return channel->bytes() == size; });
  writer.join();
  std::uint64_t from = 0, to = 0;
  BOOST_TEST(test::complaint(test::whole_log(at.dir.logs(), "web"), from, to) == "");
  BOOST_TEST((from == 1 && to == last));
}

BOOST_AUTO_TEST_CASE(packs_beside_the_loop) {
  // Packed while lines come and files are rotated on: all are found once, all but the youngest few
  // packed in the end, and the copy has no stray beside it.
  test::hub_fixture at;
  const auto channel = at.open("web", test::rotating(256 << 10, 50, true));
  constexpr std::uint64_t last = 40'000;
  const auto size = size_of_numbers(last);
  auto writer = numbers(channel->stdout_fd(), 1, last);
  const auto plain = [&] {
    const auto found = reactor::logs::find_segments(at.dir.logs(), "web");
    return std::count_if(found.begin(), found.end(), [](auto each) { return !each.packed; });
  };
  at.until([&] { return channel->bytes() == size; });
  writer.join();
  at.until([&] { return plain() == 0; });
  std::uint64_t from = 0, to = 0;
  BOOST_TEST(test::complaint(test::whole_log(at.dir.logs(), "web"), from, to) == "");
  BOOST_TEST((from == 1 && to == last));
  BOOST_TEST(!test::exists(at.dir.logs() + "/web.log.0.gz"));
}

BOOST_AUTO_TEST_CASE(goes_with_an_external_one) {
  // Renamed by somebody else in the middle of it all, and told to reopen: both files together hold
  // every line once.
  test::hub_fixture at;
  const auto channel = at.open("web", test::rotating(1 << 30, 1));
  constexpr std::uint64_t last = 40'000;
  const auto size = size_of_numbers(last);
  auto writer = numbers(channel->stdout_fd(), 1, last);
  at.until([&] { return channel->bytes() > size / 3; });
  std::filesystem::rename(channel->path(), channel->path() + ".old");
  at.until([&] { return channel->bytes() > size / 2; });
  at.hub->reopen();
  at.until([&] { return channel->bytes() == size; });
  writer.join();
  std::uint64_t from = 0, to = 0;
  const auto text = test::read_all(channel->path() + ".old") + test::read_all(channel->path());
  BOOST_TEST(test::complaint(text, from, to) == "");
  BOOST_TEST((from == 1 && to == last));
  BOOST_TEST(!test::read_all(channel->path()).empty());
}

BOOST_AUTO_TEST_CASE(l16_all_logs_together_keep_within_their_limit) {
  // 500 logs, two of them by turns rotated all the time, and one that nobody writes any more: never
  // more on the disk than the limit and one file, the oldest went first, no current file did.
  constexpr std::uint64_t limit = 8 << 20, segment = 64 << 10;
  test::hub_fixture at;
  for (const auto* left : {"gone.log", "gone.log.1", "gone.log.2"})
    test::write_all(at.dir.logs() + '/' + left, std::string(segment, 'x'));
  at.make([](auto& how) { how.max_total_size = limit; });
  std::vector<std::unique_ptr<reactor::log_channel>> all;
  for (int i = 0; i < 500; ++i) {
    all.push_back(at.open("s" + std::to_string(i), test::rotating(segment, 1000)));
    test::put(all.back()->stdout_fd(), test::numbered(1, 20));
    all.back()->drain();
  }
  const auto within = [&] {
    return reactor::logs::measure_logs(at.dir.logs(), limit).excess.empty();
  };
  for (std::uint64_t n = 1; n <= 300'000; n += 500) {
    auto& which = *all[n % 1000 == 1 ? 3 : 7];
    test::put(which.stdout_fd(), test::numbered(n, n + 499));
    which.drain();
    if (n % 10'000 == 1) at.until(within);
  }
  at.until(within);
  BOOST_TEST(!test::exists(at.dir.logs() + "/gone.log.1"));
  BOOST_TEST(!test::exists(at.dir.logs() + "/gone.log.2"));
  BOOST_TEST(test::exists(at.dir.logs() + "/gone.log"));
  for (int i = 0; i < 500; ++i) BOOST_TEST(test::exists(all[static_cast<std::size_t>(i)]->path()));
  const auto left = reactor::logs::find_segments(at.dir.logs());
  BOOST_TEST(left.size() == 2u);
  for (const auto* name : {"s3", "s7"}) {
    const auto& numbers = left.at(name);
    BOOST_TEST(numbers.size() > 20u);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      BOOST_TEST(test::exists(
          reactor::logs::segment_path(at.dir.logs(), name, {static_cast<unsigned>(i + 1), false})));
  }
  // A limit that is set later holds as well; what is taken back is not looked at any more.
  at.hub->limit_total(4 << 20);
  at.until([&] { return reactor::logs::measure_logs(at.dir.logs(), 4 << 20).excess.empty(); });
}

BOOST_AUTO_TEST_SUITE_END()

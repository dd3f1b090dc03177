#include <csignal>
#include <filesystem>
#include <thread>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include "reactor/logs/log_reader.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t small_backlog = 64 << 10;

void impatient(reactor::log_hub::options& how) {
  how.retry = 5ms;
  how.backlog = small_backlog;
}

// Takes the marker lines out of `text`, adding up what they count; each must stand on a line of its
// own, and numbered lines may leave a gap only where one stands.
struct gaps {
  explicit gaps(std::string_view text, std::string_view why) {
    const std::string end = " bytes dropped: " + std::string(why) + "\n";
    std::string_view rest = text;
    std::uint64_t last = 0;
    for (;;) {
      const auto at = rest.find("[aurora] ");
      const auto part = rest.substr(0, at);
      std::uint64_t from = 0, to = 0;
      // A line cut by the full disk ends before its marker, without its end.
      auto whole = part;
      if (at != rest.npos && !whole.empty()) {
        BOOST_REQUIRE(whole.back() == '\n');
        whole = whole.substr(0, whole.size() - 1);
        whole = whole.substr(0, whole.rfind('\n') + 1);
        if (part.ends_with('\n') && test::complaint(part, from, to).empty()) whole = part;
      }
      if (!whole.empty()) {
        BOOST_REQUIRE(test::complaint(whole, from, to) == "");
        BOOST_REQUIRE(from > last);
        last = to;
      }
      if (at == rest.npos) break;
      rest.remove_prefix(at + 9);
      counted += std::stoull(std::string(rest.substr(0, 20)));
      ++markers;
      rest.remove_prefix(rest.find(' '));
      BOOST_REQUIRE(rest.starts_with(end));
      rest.remove_prefix(end.size());
    }
    youngest = last;
  }
  std::uint64_t counted = 0, youngest = 0;
  int markers = 0;
};

// The bytes of `text` that are no markers.
std::size_t own_bytes(std::string_view text) {
  std::size_t size = text.size();
  for (auto at = text.find("[aurora] "); at != text.npos; at = text.find("[aurora] ", at + 1))
    size -= text.find('\n', at) + 1 - at;
  return size;
}

// Writes `text` as a service does, while the loop runs; returns when the service is through.
void serve(test::hub_fixture& at, reactor::log_channel& channel, const std::string& text) {
  std::atomic<bool> written{false};
  std::thread service([&] {
    test::put(channel.stdout_fd(), text);
    written = true;
  });
  at.until([&] { return written.load(); });
  service.join();
  channel.drain();
}

// After the fault: `text` is in the log but for what is counted.
void check_log(const reactor::log_channel& channel, const std::string& log, std::string_view text,
               std::string_view why) {
  const gaps found(log, why);
  BOOST_TEST(found.markers >= 1);
  BOOST_TEST(found.counted == channel.dropped());
  // A line cut by the full disk got a newline of its own before the marker.
  const auto extra = own_bytes(log) + channel.dropped() - text.size();
  BOOST_TEST(extra <= static_cast<std::size_t>(found.markers));
  BOOST_TEST(log.ends_with(text.substr(text.size() - 1000)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_full_disk)

BOOST_AUTO_TEST_CASE(never_blocks_the_service_and_counts_what_is_lost) {
  // On a full file system of its own (1 MiB): the service goes on writing, lost bytes are counted
  // and told in their place when there is room again, and the fault is told once, and once over.
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("needs root for a file system of its own; the limit below stands in for it");
    return;
  }
  // A thread may have mounts of its own; they go with it.
  std::thread([] {
    test::hub_fixture at;
    BOOST_REQUIRE(::unshare(CLONE_NEWNS) == 0);
    BOOST_REQUIRE(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    BOOST_REQUIRE(::mount("tmpfs", at.dir.logs().c_str(), "tmpfs", 0, "size=1m") == 0);
    test::write_all(at.dir.logs() + "/filler", std::string(600 << 10, 'f'));
    at.make(impatient);
    const auto channel = at.open("web", test::rotating(1 << 30, 2));
    const auto text = test::numbered(1, 40'000);
    serve(at, *channel, text);
    BOOST_TEST(channel->dropped() > 1u << 20);
    BOOST_REQUIRE(at.faults.size() == 1u);
    BOOST_TEST(at.faults[0].find("no space left on device") != std::string::npos);

    std::filesystem::remove(at.dir.logs() + "/filler");
    at.until([&] { return at.faults.size() == 2; });
    BOOST_TEST(at.faults[1] == "web: ");
    check_log(*channel, test::read_all(channel->path()), text, "no space left on device");
    at.stop();
  }).join();
}

BOOST_AUTO_TEST_CASE(is_like_a_file_that_may_not_grow) {
  // The same where a limit on file sizes stands in for the disk (EFBIG), with taps: they have every
  // byte, offsets leave out nothing but the gap, and history meets the tap behind it.
  ::signal(SIGXFSZ, SIG_IGN);
  test::hub_fixture at;
  at.make(impatient);
  const auto channel = at.open("web", test::rotating(1 << 30, 2));
  std::string heard;
  std::uint64_t last_offset = 0;
  const auto tap = channel->tap([&](std::string_view bytes, std::uint64_t offset) {
    heard += bytes;
    last_offset = offset + bytes.size();
  });
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{300'000, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto text = test::numbered(1, 20'000);
  serve(at, *channel, text);
  at.until([&] { return !at.faults.empty(); });
  // One that comes now hears first what waits.
  std::string late;
  std::uint64_t late_from = 0;
  const auto late_tap = channel->tap([&](std::string_view bytes, std::uint64_t offset) {
    if (late.empty()) late_from = offset;
    late += bytes;
  });
  BOOST_TEST(late.size() > small_backlog / 2);
  BOOST_TEST(late_from + late.size() == last_offset);
  BOOST_TEST(text.ends_with(late));
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  at.until([&] { return at.faults.size() == 2; });
  BOOST_TEST(heard == text);
  BOOST_TEST(last_offset == text.size());
  BOOST_TEST(channel->bytes() == text.size());
  check_log(*channel, test::read_all(channel->path()), text, "file too large");

  reactor::log_query from_there;
  from_there.from = late_from;
  reactor::log_reader reader({at.dir.logs(), at.dir.run(), "web"}, from_there);
  std::string history;
  for (auto lines = reader.next(); !lines.empty(); lines = reader.next())
    for (const auto& line : lines) history += line.text + '\n';
  BOOST_TEST(history == late);
}

BOOST_AUTO_TEST_CASE(may_be_there_from_the_start) {
  // A log that cannot be opened does not keep its service from starting; what was said is there
  // when it can, and nobody spins meanwhile.
  test::hub_fixture at;
  at.make(impatient);
  std::filesystem::create_directory(at.dir.logs() + "/web.log");
  const auto channel = at.open("web");
  BOOST_REQUIRE(at.faults.size() == 1u);
  BOOST_TEST(at.faults[0].find("is a directory") != std::string::npos);
  test::put(channel->stdout_fd(), "first words\n");
  at.until([&] { return at.hub->counted().bytes == 12; });
  BOOST_TEST(at.hub->counted().reads < 10u);
  std::filesystem::remove(at.dir.logs() + "/web.log");
  at.until([&] { return at.faults.size() == 2; });
  BOOST_TEST(test::read_all(channel->path()) == "first words\n");
  BOOST_TEST(channel->dropped() == 0u);
}

BOOST_AUTO_TEST_CASE(leaves_other_services_alone) {
  // One log on a full device, another on a good one: the other has every line.
  test::hub_fixture at;
  at.make(impatient);
  BOOST_REQUIRE(::symlink("/dev/full", (at.dir.logs() + "/bad.log").c_str()) == 0);
  const auto bad = at.open("bad");
  const auto good = at.open("good", test::rotating(1 << 30, 1));
  const auto text = test::numbered(1, 5'000);
  std::thread other([&] { test::put(bad->stdout_fd(), text); });
  serve(at, *good, text);
  other.join();
  bad->drain();
  BOOST_TEST(test::read_all(good->path()) == text);
  BOOST_TEST(at.faults.size() == 1u);
  BOOST_TEST(bad->dropped() + small_backlog >= text.size());
}

BOOST_AUTO_TEST_CASE(rotation_that_fails_keeps_the_lines) {
  // A name that cannot be freed puts rotation off: the file grows beyond its limit and has all.
  test::hub_fixture at;
  at.make(impatient);
  const auto channel = at.open("web", test::rotating(4096, 1));
  // A folder under the rotated name can be neither replaced nor removed as a file.
  std::filesystem::create_directory(at.dir.logs() + "/web.log.1");
  const auto text = test::numbered(1, 1'000);
  serve(at, *channel, text);
  at.until([&] { return channel->bytes() == text.size(); });
  BOOST_TEST(test::read_all(channel->path()) == text);
  BOOST_REQUIRE(at.faults.size() == 1u);
  BOOST_TEST(at.faults[0].find("cannot rotate") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

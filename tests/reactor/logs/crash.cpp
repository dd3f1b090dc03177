#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include "reactor/logs/log_file.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;
using reactor::logs::descriptor;
using reactor::logs::log_file;
using reactor::logs::mark_file;

namespace {

constexpr std::uint64_t lines_a_file = 20;

// Writes numbered lines from `first` on for ever, rotating every 20 or so, and says after each to
// `progress` that it is written.
[[noreturn]] void write_for_ever(const test::scratch& dir, std::uint64_t first, int progress) {
  mark_file marks(dir.run() + "/web.marks");
  log_file log(dir.logs(), "web", marks, [](const descriptor&) {});
  log.open(reactor::logs::find_segments(dir.logs())["web"], test::rotating(1024, 100'000));
  for (auto n = first;; ++n) {
    if (log.write(test::numbered(n)).error != 0) ::_exit(1);
    if (::write(progress, &n, sizeof n) != sizeof n) ::_exit(1);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_rotation_cut_short)

BOOST_AUTO_TEST_CASE(by_kill_loses_nothing) {
  // Killed at any point of its rotations, the log is whole for the next daemon: every line that was
  // written, each once, in order, and the rotated files are numbered without a gap.
  const test::scratch dir;
  std::uint64_t written = 0, bytes = 0;
  for (std::uint64_t round = 0; round < 25; ++round) {
    int progress[2];
    BOOST_REQUIRE(::pipe(progress) == 0);
    ::fcntl(progress[0], F_SETPIPE_SZ, 4096);
    const auto child = ::fork();
    if (child == 0) {
      ::close(progress[0]);
      write_for_ever(dir, written + 1, progress[1]);
    }
    ::close(progress[1]);
    // The pipe lets it run ahead of us by 512 lines: the kill comes anywhere.
    std::uint64_t n = 0;
    for (std::uint64_t i = 0; i < lines_a_file + round; ++i)
      BOOST_REQUIRE(::read(progress[0], &n, sizeof n) == sizeof n);
    ::kill(child, SIGKILL);
    while (::read(progress[0], &n, sizeof n) == sizeof n) continue;
    ::close(progress[0]);
    BOOST_REQUIRE(::waitpid(child, nullptr, 0) == child);

    mark_file marks(dir.run() + "/web.marks");
    log_file log(dir.logs(), "web", marks, [](const descriptor&) {});
    BOOST_REQUIRE(log.open(reactor::logs::find_segments(dir.logs())["web"],
                           test::rotating(1024, 100'000)) == 0);
    const auto found = reactor::logs::find_segments(dir.logs(), "web");
    for (std::size_t i = 0; i < found.size(); ++i) BOOST_REQUIRE(found[i].number == i + 1);
    const auto text = test::whole_log(dir.logs(), "web");
    std::uint64_t first = 0, last = 0;
    BOOST_REQUIRE(test::complaint(text, first, last) == "");
    BOOST_TEST(first == 1u);
    BOOST_TEST((last == n || last == n + 1));
    BOOST_TEST(log.end() == text.size());
    BOOST_TEST(log.end() > bytes);
    written = last;
    bytes = text.size();
  }
}

BOOST_AUTO_TEST_CASE(between_any_two_renames_is_finished) {
  // Every state that a cut between two of its renames can leave is put right at the next open.
  for (unsigned cut = 0; cut <= 4; ++cut) {
    const test::scratch dir;
    const auto path = [&](unsigned n) {
      return dir.logs() + "/web.log" + (n ? '.' + std::to_string(n) : "");
    };
    for (unsigned n = 0; n <= 3; ++n) test::write_all(path(n), test::numbered(10 - n));
    // Renames go from the oldest: 3 to 4, 2 to 3, 1 to 2, the file itself to 1.
    for (unsigned done = 0; done < cut; ++done)
      BOOST_REQUIRE(::rename(path(3 - done).c_str(), path(4 - done).c_str()) == 0);
    mark_file marks(dir.run() + "/web.marks");
    log_file log(dir.logs(), "web", marks, [](const descriptor&) {});
    BOOST_REQUIRE(
        log.open(reactor::logs::find_segments(dir.logs())["web"], test::rotating(1024, 5)) == 0);
    BOOST_TEST(log.write(test::numbered(11)).error == 0);
    BOOST_TEST(test::whole_log(dir.logs(), "web") == test::numbered(7, 11));
    BOOST_TEST(test::names_in(dir.logs()).back() == (cut == 4 ? "web.log.4" : "web.log.3"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

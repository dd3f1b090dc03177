#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/event_file.hpp"
#include "store/memory_text.hpp"
#include "support/temp_dir.hpp"

using namespace aurora;

namespace {

journal_entry entry_number(std::uint64_t number) {
  journal_entry entry;
  entry.sequence = number;
  entry.at = wall_time(std::chrono::milliseconds(1'700'000'000'000 + number));
  entry.instance = "web@2";
  entry.from = state::running;
  entry.to = state::backoff;
  entry.why = reason::exited;
  entry.run = 3;
  entry.pid = 42;
  entry.health = health::unhealthy;
  entry.because.exit =
      exit_status{exit_status::kind::signaled, 0, 9, true, exit_status::cause::oom};
  entry.because.text = "a \"line\"\nand \x01 more";
  entry.because.delay = std::chrono::milliseconds(500);
  entry.because.count = 4;
  entry.because.limit = 10;
  return entry;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<store::event_file> open(const std::string& path, std::size_t most = 1 << 20) {
  auto opened = store::event_file::open(path, most);
  BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error()));
  return std::move(*opened);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_file)

BOOST_AUTO_TEST_CASE(keeps_all_of_an_entry) {
  // What is read is what was put, to the last member; the numbers go on.
  test::temp_dir dir;
  const auto path = dir / "events";
  {
    const auto file = open(path);
    BOOST_TEST(file->last() == 0u);
    file->put(entry_number(1));
    file->put(entry_number(2));
    BOOST_TEST(file->flush());
  }
  const auto file = open(path);
  BOOST_TEST(file->last() == 2u);
  const auto kept = file->read(UINT64_MAX);
  BOOST_REQUIRE(kept.size() == 2u);
  BOOST_TEST(store::to_text(kept[1]) == store::to_text(entry_number(2)));
  BOOST_TEST((kept[1].because == entry_number(2).because));
  BOOST_TEST(file->read(2).size() == 1u);
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 07777) == 0600u);
}

BOOST_AUTO_TEST_CASE(cut_at_any_length) {
  // A kill leaves half a line: it is left out, and what is put then is whole.
  test::temp_dir dir;
  const auto path = dir / "events";
  {
    const auto file = open(path);
    for (std::uint64_t n = 1; n <= 3; ++n) file->put(entry_number(n));
    file->flush();
  }
  const auto whole = text_of(path);
  for (std::size_t size = 0; size <= whole.size(); size += 7) {
    std::ofstream(path, std::ios::trunc) << whole.substr(0, size);
    const auto file = open(path);
    const auto last = file->last();
    file->put(entry_number(last + 1));
    BOOST_REQUIRE(file->flush());
    const auto kept = file->read(UINT64_MAX);
    BOOST_REQUIRE(kept.size() == last + 1);
    BOOST_REQUIRE(kept.back().sequence == last + 1);
  }
}

BOOST_AUTO_TEST_CASE(keeps_two_generations) {
  // It does not grow without end: the newest are there, in order and without a gap.
  test::temp_dir dir;
  const auto path = dir / "events";
  const auto file = open(path, 4096);
  for (std::uint64_t n = 1; n <= 500; ++n) {
    file->put(entry_number(n));
    BOOST_REQUIRE(file->flush());
  }
  BOOST_TEST(text_of(path).size() <= 4096u);
  BOOST_TEST(text_of(path + ".previous").size() <= 4096u);
  const auto kept = file->read(UINT64_MAX);
  BOOST_REQUIRE(kept.size() > 4096 / 400);
  BOOST_TEST(kept.back().sequence == 500u);
  BOOST_TEST(kept.back().sequence - kept.front().sequence == kept.size() - 1);
  BOOST_TEST(open(path, 4096)->last() == 500u);
}

BOOST_AUTO_TEST_CASE(tells_what_it_cannot_write) {
  // A full disk is no end: words, and the next flush tries again, with all that waits.
  test::temp_dir dir;
  const auto path = dir / "events";
  BOOST_TEST(store::event_file::open(dir / "missing/events").has_error());
  const auto file = open(path, 10);
  file->put(entry_number(1));
  BOOST_TEST(file->flush());
  ::mkdir((path + ".previous").c_str(), 0700);
  file->put(entry_number(2));
  BOOST_TEST(!file->flush());
  BOOST_TEST(file->fault().find(path) != std::string::npos);
  ::rmdir((path + ".previous").c_str());
  file->put(entry_number(3));
  BOOST_TEST(file->flush());
  BOOST_TEST(file->fault().empty());
  const auto kept = file->read(UINT64_MAX);
  BOOST_REQUIRE(kept.size() == 3u);
  BOOST_TEST(kept[1].sequence == 2u);
}

BOOST_AUTO_TEST_CASE(goes_on_within_a_line) {
  // The disk is full in the middle of a line: the rest of it follows when there is room.
  test::temp_dir dir;
  const auto path = dir / "events";
  const auto file = open(path);
  file->put(entry_number(1));
  BOOST_REQUIRE(file->flush());
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit narrow{text_of(path).size() + 10, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &narrow) == 0);
  file->put(entry_number(2));
  const bool flushed = file->flush();
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old);
  BOOST_TEST(!flushed);
  file->put(entry_number(3));
  BOOST_TEST(file->flush());
  BOOST_TEST(open(path)->read(UINT64_MAX).size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded) {
  // The oldest go, and are counted.
  test::temp_dir dir;
  const auto path = dir / "events";
  const auto file = open(path, 10);
  file->put(entry_number(1));
  BOOST_REQUIRE(file->flush());
  ::mkdir((path + ".previous").c_str(), 0700);
  constexpr std::uint64_t last = 10'000;
  for (std::uint64_t n = 2; n <= last; ++n) file->put(entry_number(n));
  BOOST_TEST(!file->flush());
  BOOST_TEST(file->fault().find(" events are not kept") != std::string::npos, file->fault());
  ::rmdir((path + ".previous").c_str());
  BOOST_TEST(file->flush());
  const auto kept = file->read(UINT64_MAX);
  BOOST_TEST(text_of(path).size() <= 1u << 20);
  BOOST_TEST(kept.back().sequence == last);
  BOOST_TEST(kept[1].sequence + (kept.size() - 2) == last);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read) {
  // Its numbers are not known: it does not begin anew with 1.
  test::temp_dir dir;
  const auto path = dir / "events";
  ::mkdir((path + ".previous").c_str(), 0700);
  BOOST_TEST(store::event_file::open(path).has_error());
}

BOOST_AUTO_TEST_SUITE_END()

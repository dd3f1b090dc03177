#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "reactor/child/first_line.hpp"
#include "supervisor/checks/judges.hpp"
#include "supervisor/checks/passage.hpp"
#include "supervisor/checks/script.hpp"
#include "support/temp_dir.hpp"

using namespace aurora;
using namespace std::chrono_literals;
using test::temp_dir;

namespace {

struct board {
  std::vector<finding> all;
  shell::notes say{all, "test"};
  verdict last() const { return all.back().how; }
};

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

verdict of_space(const shell::space& found) {
  board b;
  shell::judge_space("/state", found, b.say);
  BOOST_REQUIRE(b.all.size() == 1U);
  BOOST_TEST(b.all[0].fix.empty() == (b.last() == verdict::ok));
  return b.last();
}

verdict of_clock(int year, shell::clock_state state) {
  board b;
  const std::chrono::sys_days day{std::chrono::year{year} / 6 / 1};
  shell::judge_clock(day, state, b.say);
  return b.last();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checks)

// Warned of under 10 %, failed under 1 % or 64 MiB, of bytes as of inodes.
BOOST_AUTO_TEST_CASE(space_left) {
  BOOST_CHECK(of_space({10 * gibibyte, 100 * gibibyte, 50, 100}) == verdict::ok);
  BOOST_CHECK(of_space({9 * gibibyte, 100 * gibibyte, 50, 100}) == verdict::warn);
  BOOST_CHECK(of_space({gibibyte / 2, 100 * gibibyte, 50, 100}) == verdict::fail);
  BOOST_CHECK(of_space({63 << 20, 100 << 20, 50, 100}) == verdict::fail);
  BOOST_CHECK(of_space({gibibyte, gibibyte, 9, 100}) == verdict::warn);
  BOOST_CHECK(of_space({gibibyte, gibibyte, 0, 100}) == verdict::fail);
  BOOST_CHECK(of_space({gibibyte, gibibyte, 0, 0}) == verdict::ok);
}

// A clock before this program was written is wrong.
BOOST_AUTO_TEST_CASE(the_clock) {
  using shell::clock_state;
  BOOST_CHECK(of_clock(1970, clock_state::synchronised) == verdict::fail);
  BOOST_CHECK(of_clock(2023, clock_state::unknown) == verdict::fail);
  BOOST_CHECK(of_clock(2024, clock_state::unknown) == verdict::ok);
  BOOST_CHECK(of_clock(2026, clock_state::free_running) == verdict::warn);
  BOOST_CHECK(of_clock(2026, clock_state::synchronised) == verdict::ok);
}

// Without pidfd_open nothing goes; without the others it goes slower.
BOOST_AUTO_TEST_CASE(old_kernels) {
  board none, old, now;
  shell::judge_kernel({}, none.say);
  BOOST_TEST(none.all.size() == 3U);
  BOOST_CHECK(none.all[0].how == verdict::fail);
  shell::judge_kernel({true, false, false}, old.say);
  BOOST_TEST(old.all.size() == 2U);
  BOOST_CHECK(old.all[0].how == verdict::warn);
  shell::judge_kernel({true, true, true}, now.say);
  BOOST_CHECK(now.last() == verdict::ok);
}

// More than can be watched fails, nearly as many are warned of.
BOOST_AUTO_TEST_CASE(watches_and_pids) {
  board few, many, more;
  shell::judge_watches(10, 8192, few.say);
  BOOST_CHECK(few.last() == verdict::ok);
  shell::judge_watches(8000, 8192, many.say);
  BOOST_CHECK(many.last() == verdict::warn);
  shell::judge_watches(9000, 8192, more.say);
  BOOST_CHECK(more.last() == verdict::fail);
  board room, narrow, full;
  shell::judge_pid_max(100, 100, 32768, room.say);
  BOOST_TEST(room.all.empty());
  shell::judge_pid_max(31000, 100, 32768, narrow.say);
  BOOST_CHECK(narrow.last() == verdict::warn);
  shell::judge_pid_max(32700, 100, 32768, full.say);
  BOOST_CHECK(full.last() == verdict::fail);
}

// The first line of a script, with and without env(1) and its options.
BOOST_AUTO_TEST_CASE(interpreters) {
  const auto of = [](std::string_view text) {
    const auto found = shell::interpreter_of(text);
    return found.file + "|" + found.looked_up;
  };
  BOOST_TEST(of("#!/bin/sh\nexit") == "/bin/sh|");
  BOOST_TEST(of("#! /usr/bin/python3 -u\n") == "/usr/bin/python3|");
  BOOST_TEST(of("#!/usr/bin/env python3\n") == "/usr/bin/env|python3");
  BOOST_TEST(of("#!/usr/bin/env -S A=1 python3 -u") == "/usr/bin/env|python3");
  BOOST_TEST(of("#!/usr/bin/env -S") == "/usr/bin/env|");
  BOOST_TEST(of("#!") == "|");
  BOOST_TEST(of("\x7f"
                "ELF") == "|");
  BOOST_TEST(of("") == "|");
}

// By the bits of the mode that are meant for somebody, and for root what only root may.
BOOST_AUTO_TEST_CASE(permissions) {
  struct stat file {};
  file.st_mode = S_IFREG | 0640;
  file.st_uid = 10;
  file.st_gid = 20;
  BOOST_TEST(shell::may({10, 1, {}}, file, S_IWOTH));
  BOOST_TEST(!shell::may({11, 20, {}}, file, S_IWOTH));
  BOOST_TEST(shell::may({11, 1, {5, 20}}, file, S_IROTH));
  BOOST_TEST(!shell::may({11, 1, {}}, file, S_IROTH));
  BOOST_TEST(shell::may({0, 0, {}}, file, S_IWOTH));
  BOOST_TEST(!shell::may({0, 0, {}}, file, S_IXOTH));
  file.st_mode = S_IFREG | 0070;  // what the owner may not, its group does not help with
  BOOST_TEST(!shell::may({10, 20, {}}, file, S_IXOTH));
}

// The first part that is in the way, behind symlinks too.
BOOST_AUTO_TEST_CASE(ways) {
  const temp_dir home;
  const auto root = std::filesystem::canonical(home.path()).string();
  const shell::identity stranger{54321, 54321, {}};
  ::chmod(root.c_str(), 0755);
  std::filesystem::create_directories(root + "/closed/deep");
  std::filesystem::create_symlink(root + "/closed/deep", root + "/link");
  BOOST_TEST(shell::way_into(root + "/closed/deep", stranger).error == 0);
  ::chmod((root + "/closed").c_str(), 0750);
  for (const auto* path : {"/closed/deep", "/link"}) {
    const auto found = shell::way_into(root + path, stranger);
    BOOST_TEST(found.error == EACCES);
    BOOST_TEST(found.path == root + "/closed");
  }
  BOOST_TEST(shell::way_into(root + "/closed/deep", shell::ourselves()).error == 0);
  BOOST_TEST(shell::way_to(root + "/gone", shell::ourselves()).error == ENOENT);
  BOOST_TEST(shell::existing_directory(root + "/gone/deeper") == root);
}

// A word for the shell stays one word.
BOOST_AUTO_TEST_CASE(words_for_a_shell) {
  BOOST_TEST(shell::shell_word("/srv/app-1.0") == "/srv/app-1.0");
  BOOST_TEST(shell::shell_word("a b'; rm") == "'a b'\\''; rm'");
  BOOST_TEST(shell::shell_word("") == "''");
}

// What a program says is had; one that fails, is not there or does not end says nothing.
BOOST_AUTO_TEST_CASE(first_lines) {
  const auto ask = [](const char* script, std::chrono::milliseconds limit) {
    return reactor::first_line_of({"/bin/sh", "-c", script}, limit).value_or("nothing");
  };
  BOOST_TEST(ask("echo one; echo two", 30s) == "one");
  BOOST_TEST(ask("echo lost >&2", 30s) == "lost");
  BOOST_TEST(ask("echo bad; exit 3", 30s) == "nothing");
  BOOST_TEST(ask("echo more; exec sleep 1000", 50ms) == "nothing");
  BOOST_TEST(ask("head -c 100000 /dev/zero | tr '\\0' x", 30s).size() >= 4096U);
  BOOST_TEST(!reactor::first_line_of({"/no/such/program"}, 1s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

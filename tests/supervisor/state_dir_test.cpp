#include "supervisor/state_dir.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat found {};
  BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777u;
}

}  // namespace

BOOST_AUTO_TEST_CASE(directories_are_private_whatever_the_umask) {
  // S08: 0700, from the first instant.
  const temp_dir home;
  const auto old = ::umask(0);
  const shell::state_paths paths(home / "deep/er/.aurora");
  const auto made = shell::prepare(paths);
  ::umask(old);
  BOOST_REQUIRE_MESSAGE(made, made.error());
  BOOST_TEST(mode_of(paths.root) == 0700u);
  BOOST_TEST(mode_of(paths.run) == 0700u);
  BOOST_TEST(mode_of(paths.logs) == 0750u);
  BOOST_TEST(static_cast<bool>(shell::prepare(paths)));
}

BOOST_AUTO_TEST_CASE(a_group_passes_and_lists_nothing) {
  // S10: members of control.group reach the socket by its name; without the group it is closed
  // again.
  const temp_dir home;
  const shell::state_paths paths(home / ".aurora");
  const gid_t group = ::getegid();
  const auto made = shell::prepare(paths, group);
  BOOST_REQUIRE_MESSAGE(made, made.error());
  BOOST_TEST(mode_of(paths.root) == 0710u);
  BOOST_TEST(mode_of(paths.run) == 0700u);
  struct stat found {};
  BOOST_REQUIRE(::stat(paths.root.c_str(), &found) == 0);
  BOOST_TEST(found.st_gid == group);
  BOOST_REQUIRE(shell::prepare(paths));
  BOOST_TEST(mode_of(paths.root) == 0700u);
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_write_is_not_trusted) {
  // S26: what another user can plant is not read.
  const temp_dir home;
  const shell::state_paths paths(home / ".aurora");
  BOOST_REQUIRE(::mkdir(paths.root.c_str(), 0700) == 0);
  BOOST_REQUIRE(::chmod(paths.root.c_str(), 0777) == 0);
  const auto made = shell::prepare(paths);
  BOOST_REQUIRE(!made);
  BOOST_TEST(made.error().find("chmod go-w") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_in_its_place_is_told) {
  // The words name the path and what is wrong with it.
  const temp_dir home;
  test::write_file(home / "file", "");
  const auto made = shell::prepare(shell::state_paths(home / "file"));
  BOOST_REQUIRE(!made);
  BOOST_TEST(made.error() == "cannot use '" + (home / "file") + "' as a directory: it is a file");
}

BOOST_AUTO_TEST_CASE(one_holder_at_a_time) {
  // M04: the kernel's lock decides, the loser is told the winner's pid, and the lock goes with its
  // holder.
  const temp_dir home;
  {
    const auto held = shell::state_lock::take(home / "lock", ::getpid());
    BOOST_REQUIRE(held);
    const auto second = shell::state_lock::take(home / "lock", ::getpid());
    BOOST_REQUIRE(!second);
    BOOST_TEST(second.error().find("pid " + std::to_string(::getpid())) != std::string::npos);
  }
  BOOST_TEST(static_cast<bool>(shell::state_lock::take(home / "lock", ::getpid())));
}

BOOST_AUTO_TEST_CASE(a_dead_holder_is_waited_for) {
  // A killed daemon holds the lock for as long as one of its threads is still in the kernel:
  // whoever starts the next one at once is not turned away.
  const temp_dir home;
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ::waitpid(dead, nullptr, 0);
  auto taken = shell::state_lock::take(home / "lock", dead);
  BOOST_REQUIRE(taken);
  auto held = std::make_unique<shell::state_lock>(std::move(*taken));
  auto next = std::async(std::launch::async, [&] {
    return shell::state_lock::take(home / "lock", ::getpid()).has_value();
  });
  held.reset();
  BOOST_TEST(next.get());
}

#include "supervisor/run_marker.hpp"

#include <boost/test/unit_test.hpp>

#include <ctime>
#include <filesystem>
#include <thread>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

BOOST_AUTO_TEST_CASE(a_run_id_names_its_state_directory) {
  const temp_dir home, other;
  const auto ours = shell::run_id_prefix(home.path());
  BOOST_TEST(!ours.empty());
  BOOST_TEST(ours != shell::run_id_prefix(other.path()));
  const auto id = shell::new_run_id(home.path());
  BOOST_TEST(id.starts_with(ours));
  BOOST_TEST(id != shell::new_run_id(home.path()));
  BOOST_TEST(id.find_first_of(":/ \n") == id.npos);
  BOOST_TEST(shell::run_id_prefix(home / "missing").empty());
  BOOST_TEST(!shell::new_run_id(home / "missing").empty());
}

/// The clock that files are dated by goes on in ticks.
static void await_tick() {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return time.tv_nsec;
  };
  for (const auto before = now(); now() == before;) std::this_thread::yield();
}

// The kernel gives the inode of a removed directory to the next one: what still runs of a stack
// that was removed is not the new one's.
BOOST_AUTO_TEST_CASE(a_directory_made_anew_is_another) {
  const temp_dir home;
  const auto place = home / "state";
  std::string before;
  for (int i = 0; i < 20; ++i) {
    await_tick();
    std::filesystem::create_directory(place);
    const auto now = shell::run_id_prefix(place);
    BOOST_TEST(now != before);
    before = now;
    std::filesystem::remove(place);
  }
}

BOOST_AUTO_TEST_CASE(a_marker_tells_whose_it_is) {
  const auto marker = shell::marker_of("web@3", 7, "1.2.ab");
  BOOST_TEST(shell::run_id_in(marker) == "1.2.ab");
  BOOST_TEST(shell::run_id_in(marker + "/command-1-2") == "1.2.ab");
  BOOST_TEST(shell::run_id_in("no marker").empty());
  const auto found = shell::parse_marker(marker, "1.2.ab");
  BOOST_REQUIRE(found);
  BOOST_TEST(found->instance == "web@3");
  BOOST_TEST(found->run == 7U);
  BOOST_TEST(!found->of_command);
  BOOST_TEST(shell::parse_marker(marker + "/command-1-2", "1.2.ab")->of_command);
  for (const auto* other : {"web:7:1.2.abc", "web:x:1.2.ab", "7:1.2.ab", ":1.2.ab", ""})
    BOOST_TEST(!shell::parse_marker(other, "1.2.ab"), other);
}

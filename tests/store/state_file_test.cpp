#include "store/state_file.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

namespace {

store::saved_state some_wishes() {
  return {{{"a", desired_state::down}, {"web@2", desired_state::up}}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_saved_is_loaded) {
  // What operators asked for comes back as it was.
  const temp_dir home;
  const auto path = home / "state.json";
  BOOST_REQUIRE(store::save_state(path, some_wishes()));
  const auto loaded = store::load_state(path);
  BOOST_REQUIRE(loaded);
  BOOST_REQUIRE_EQUAL(loaded->desired.size(), 2u);
  BOOST_TEST(loaded->desired[0].instance == "a");
  BOOST_TEST((loaded->desired[0].desired == desired_state::down));
  BOOST_TEST(loaded->desired[1].instance == "web@2");
  BOOST_TEST((loaded->desired[1].desired == desired_state::up));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_empty_state) {
  // The first start has none.
  const temp_dir home;
  const auto loaded = store::load_state(home / "state.json");
  BOOST_REQUIRE(loaded);
  BOOST_TEST(loaded->desired.empty());
}

BOOST_AUTO_TEST_CASE(every_truncation_is_told_and_left_alone) {
  // A file cut at any length is an error, never half a state, and it stays for whoever wants to
  // look.
  const temp_dir home;
  const auto path = home / "state.json";
  BOOST_REQUIRE(store::save_state(path, some_wishes()));
  const auto whole = test::read_file(path);
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    test::write_file(path, whole.substr(0, length));
    const auto loaded = store::load_state(path);
    BOOST_REQUIRE_MESSAGE(!loaded, "cut at " << length);
    BOOST_TEST((loaded.error().what == store::load_fault::kind::damaged));
    BOOST_TEST(test::read_file(path).size() == length);
  }
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_refused) {
  // An old binary does not guess what a newer one meant.
  const temp_dir home;
  const auto path = home / "state.json";
  test::write_file(path, R"({"version": 2, "desired": {}})");
  const auto loaded = store::load_state(path);
  BOOST_REQUIRE(!loaded);
  BOOST_TEST((loaded.error().what == store::load_fault::kind::newer));
  BOOST_TEST(loaded.error().words.find("newer version") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_not_damaged) {
  // A directory in its place, or a disk that fails, says nothing about the wishes: no fresh start.
  const temp_dir home;
  const auto path = home / "state.json";
  BOOST_REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  const auto loaded = store::load_state(path);
  BOOST_REQUIRE(!loaded);
  BOOST_TEST((loaded.error().what == store::load_fault::kind::unreadable));
  BOOST_TEST(loaded.error().words.find(path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_set_aside) {
  // It makes room for a new one, and is there for whoever wants to look.
  const temp_dir home;
  const auto path = home / "state.json";
  test::write_file(path, "{");
  const auto aside = store::set_aside(path);
  BOOST_REQUIRE(aside);
  BOOST_TEST(*aside == path + ".damaged");
  BOOST_TEST(test::read_file(*aside) == "{");
  BOOST_TEST(store::load_state(path)->desired.empty());
  const auto none = store::set_aside(path);
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().find(path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failed_save_keeps_the_old_file) {
  // The old state stands until the new one is whole.
  const temp_dir home;
  const auto path = home / "state.json";
  BOOST_REQUIRE(store::save_state(path, some_wishes()));
  BOOST_REQUIRE(::mkdir((path + ".new").c_str(), 0700) == 0);
  const auto saved = store::save_state(path, {});
  BOOST_REQUIRE(!saved);
  BOOST_TEST(saved.error().find(path + ".new") != std::string::npos);
  BOOST_TEST(store::load_state(path)->desired.size() == 2u);
}

BOOST_AUTO_TEST_CASE(nobody_else_reads_it) {
  // S08: files of the state are 0600 whatever the umask.
  const temp_dir home;
  const auto old = ::umask(0);
  const auto path = home / "state.json";
  BOOST_REQUIRE(store::save_state(path, some_wishes()));
  ::umask(old);
  struct stat found {};
  BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0600u);
}

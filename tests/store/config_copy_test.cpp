#include "store/config_copy.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "store/atomic_file.hpp"
#include "store/checksum.hpp"
#include "store/config_copy_text.hpp"
#include "support/temp_dir.hpp"

using namespace aurora;
using test::temp_dir;

namespace {

/// Answers of every kind, with bytes of every kind.
config::source_record some_record() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  config::source_record record;
  record.main_file = "/srv/demo/aurora.json";
  record.files["/srv/demo/aurora.json"] = {R"({"services": {}})", ""};
  record.files["/srv/demo/.env"] = {bytes, ""};
  record.files["/srv/demo/empty"] = {"", ""};
  record.files["/srv/demo/none"] = {std::nullopt, "no such file or directory"};
  record.globs["/srv/demo/conf.d/*.json"] = {"/srv/demo/conf.d/a.json", "/srv/demo/conf.d/3:b"};
  record.globs["/srv/demo/none/*"] = {};
  record.variables = {{"SET", "5:x\n"}, {"EMPTY", ""}, {"UNSET", std::nullopt}};
  return record;
}

config::source_record other_record() {
  auto record = some_record();
  record.variables["SET"] = "otherwise";
  return record;
}

bool says(const std::string& words, const std::string& what) {
  return words.find(what) != std::string::npos;
}

/// What `content` is with its checksum behind it.
std::string sealed(const std::string& content) { return content + store::checksum(content) + '\n'; }

}  // namespace

BOOST_AUTO_TEST_SUITE(config_copy)

BOOST_AUTO_TEST_CASE(what_is_saved_is_loaded) {
  // Every answer comes back as it was, whatever its bytes are; an empty record too.
  const temp_dir home;
  const auto path = home / "config.last";
  for (const auto& record : {some_record(), config::source_record{}}) {
    BOOST_REQUIRE(store::save_config_copy(path, record));
    const auto loaded = store::load_config_copy(path);
    BOOST_REQUIRE_MESSAGE(loaded, loaded.error().words);
    BOOST_REQUIRE(loaded->has_value());
    BOOST_TEST((**loaded == record));
  }
}

BOOST_AUTO_TEST_CASE(a_missing_copy_is_none) {
  // The first start has none; that is no fault.
  const temp_dir home;
  const auto loaded = store::load_config_copy(home / "config.last");
  BOOST_REQUIRE(loaded);
  BOOST_TEST(!loaded->has_value());
}

BOOST_AUTO_TEST_CASE(the_one_before_is_kept) {
  // A different one, however often the same is saved; not one that is damaged.
  const temp_dir home;
  const auto path = home / "config.last", previous = path + ".previous";
  BOOST_REQUIRE(store::save_config_copy(path, some_record()));
  BOOST_TEST(!std::filesystem::exists(previous));
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(store::save_config_copy(path, other_record()));
  BOOST_TEST((**store::load_config_copy(path) == other_record()));
  BOOST_TEST((**store::load_config_copy(previous) == some_record()));
  test::write_file(path, "damaged");
  BOOST_REQUIRE(store::save_config_copy(path, other_record()));
  BOOST_TEST((**store::load_config_copy(path) == other_record()));
  BOOST_TEST((**store::load_config_copy(previous) == some_record()));
}

BOOST_AUTO_TEST_CASE(damage_anywhere_is_told) {
  // Any byte changed in any bit, any length cut, and anything behind it: told, and the file is left
  // alone.
  const auto whole = store::write_config_copy(some_record());
  BOOST_REQUIRE((*store::parse_config_copy(whole) == some_record()));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto parsed = store::parse_config_copy(flipped);
    BOOST_TEST((parsed.has_error() && parsed.error() == store::copy_fault::damaged), "bit " << bit);
  }
  for (std::size_t length = 0; length < whole.size(); ++length) {
    BOOST_TEST(!store::parse_config_copy(whole.substr(0, length)), "cut at " << length);
  }
  BOOST_TEST(!store::parse_config_copy(whole + "\n"));

  const temp_dir home;
  const auto path = home / "config.last";
  test::write_file(path, whole.substr(1));
  const auto loaded = store::load_config_copy(path);
  BOOST_REQUIRE(!loaded);
  BOOST_TEST((loaded.error().what == store::load_fault::kind::damaged));
  BOOST_TEST(says(loaded.error().words, "'" + path + "' is damaged"));
  BOOST_TEST(test::read_file(path) == whole.substr(1));
}

BOOST_AUTO_TEST_CASE(nonsense_with_a_checksum_is_told) {
  // Counts and sizes that lead nowhere end in a fault, not in memory or time.
  const std::string huge = "18446744073709551615:";
  for (const auto& content :
       {std::string(), std::string("0:"), "0:" + huge, huge, "0:0:0:" + huge,
        std::string("0:0:0:0:more"), std::string("0:0:0:1:1:x2:"), std::string("-1:"),
        "0:1:1:x1:" + huge, std::string("99999999999999999999:"), std::string("0:0:0:0")}) {
    const auto parsed = store::parse_config_copy(sealed("aurora-config 1\n" + content));
    BOOST_TEST((parsed.has_error() && parsed.error() == store::copy_fault::damaged), content);
  }
  BOOST_TEST(store::parse_config_copy(sealed("aurora-config 1\n0:0:0:0:")).has_value());
  BOOST_TEST(!store::parse_config_copy(sealed("aurora-config 0\n0:0:0:0:")));
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_refused) {
  // An old binary does not guess what a newer one meant.
  const temp_dir home;
  const auto path = home / "config.last";
  test::write_file(path, sealed("aurora-config 2\nwhatever"));
  const auto loaded = store::load_config_copy(path);
  BOOST_REQUIRE(!loaded);
  BOOST_TEST((loaded.error().what == store::load_fault::kind::newer));
  BOOST_TEST(says(loaded.error().words, "newer version"));
}

BOOST_AUTO_TEST_CASE(a_failed_save_keeps_the_old_copy) {
  // The old one stands until the new one is whole; what cannot be read is no damage.
  const temp_dir home;
  const auto path = home / "config.last";
  BOOST_REQUIRE(store::save_config_copy(path, some_record()));
  BOOST_REQUIRE(::mkdir((path + ".new").c_str(), 0700) == 0);
  const auto saved = store::save_config_copy(path, other_record());
  BOOST_REQUIRE(!saved);
  BOOST_TEST(says(saved.error(), path + ".new"));
  BOOST_TEST((**store::load_config_copy(path) == some_record()));
  const auto loaded = store::load_config_copy(path + ".new");
  BOOST_REQUIRE(!loaded);
  BOOST_TEST((loaded.error().what == store::load_fault::kind::unreadable));
}

BOOST_AUTO_TEST_CASE(a_copy_can_be_forgotten) {
  // With the one before: an older configuration must not come back in its place.
  const temp_dir home;
  const auto path = home / "config.last";
  BOOST_REQUIRE(store::save_config_copy(path, some_record()));
  BOOST_REQUIRE(store::save_config_copy(path, other_record()));
  store::remove_config_copy(path);
  for (const auto& each : {path, store::previous_of(path)}) {
    const auto found = store::load_config_copy(each);
    BOOST_REQUIRE(found);
    BOOST_TEST(!found->has_value());
  }
}

BOOST_AUTO_TEST_CASE(nobody_else_reads_it) {
  // S08: it may hold secrets, so it is 0600 whatever the umask.
  const temp_dir home;
  const auto path = home / "config.last";
  const auto old = ::umask(0);
  BOOST_REQUIRE(store::save_config_copy(path, some_record()));
  ::umask(old);
  struct stat found {};
  BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0600u);
}

BOOST_AUTO_TEST_SUITE_END()

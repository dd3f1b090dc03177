#include <boost/test/unit_test.hpp>

#include "archive/backup_form.hpp"
#include "archive/sha256.hpp"
#include "archive/tar.hpp"

using namespace aurora::ctl::archive;

namespace {

backup small() {
  backup made;
  made.main = "aurora.json", made.config = "/srv/aurora.json", made.created_at = "now";
  made.files.push_back({"config/aurora.json", "{\"version\": 1}", 0644, 1700000000});
  made.files.push_back({"state/state.json", std::string("\0\n", 2)});
  return made;
}

/// The same archive, but for one header that says something else and has its sum right.
std::string with_header(std::size_t at, char value, std::size_t where = 0) {
  auto bytes = write_tar({{"a/b", "text"}});
  bytes[where + at] = value;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(bytes[where + i]);
  for (std::size_t i = 7; i-- > 0; sum >>= 3)
    bytes[where + 148 + i] = static_cast<char>('0' + (sum & 7));
  return bytes;
}

std::string why_not(const std::vector<entry>& entries) {
  const auto found = parse_tar(write_tar(entries));
  return found ? "" : found.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(archives)

/// The examples of FIPS 180-4, and each length around the end of a block against a chain of its
/// own.
BOOST_AUTO_TEST_CASE(sums_are_those_of_sha256sum) {
  BOOST_TEST(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(sha256(std::string(1000000, 'a')) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/// What was written is read, with names that take both fields of a header.
BOOST_AUTO_TEST_CASE(there_and_back) {
  const std::string longest = std::string(150, 'd') + "/" + std::string(100, 'n');
  BOOST_TEST(fits_header(longest));
  BOOST_TEST(!fits_header(std::string(101, 'n')));
  const std::vector<entry> all{{"a", ""}, {longest, std::string(513, 'x'), 0755, 1}};
  const auto found = parse_tar(write_tar(all));
  BOOST_REQUIRE(found);
  BOOST_REQUIRE_EQUAL(found->size(), 2U);
  BOOST_TEST((*found)[1].name == longest);
  BOOST_TEST((*found)[1].bytes == all[1].bytes);
  BOOST_TEST((*found)[1].mode == 0755U);
  const auto made = parse_backup(write_backup(small()));
  BOOST_REQUIRE(made);
  BOOST_TEST(made->main == "aurora.json");
  BOOST_TEST(made->files[1].bytes == small().files[1].bytes);
}

/// Names that lead out, and all that is no regular file.
BOOST_AUTO_TEST_CASE(hostile_entries) {
  for (const char* name : {"/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "..", "a\nb", ""})
    BOOST_TEST(why_not({{name, "x"}}).find("leads out") != std::string::npos, name);
  for (const char type : {'1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'S', '\0'})
    BOOST_TEST(!parse_tar(with_header(156, type)), type);
  BOOST_TEST(why_not({{"a", ""}, {"a", ""}}) == "'a' is in it twice");
  // A size beyond what there is, up to the largest that fits.
  for (const char digit : {'1', '7'}) BOOST_TEST(!parse_tar(with_header(124, digit)));
  BOOST_TEST(!parse_tar(with_header(124, '-')));
}

/// Only what has a place, with a configuration, and by this version.
BOOST_AUTO_TEST_CASE(no_backup) {
  BOOST_TEST(!parse_backup(""));
  BOOST_TEST(!parse_backup(write_tar({{"a", "b"}})));
  for (const char* name : {"state/token", "state/journal", "bin/sh", "backup.json/x"}) {
    auto made = small();
    made.files.push_back({name, "x"});
    BOOST_TEST(!parse_backup(write_backup(made)), name);
  }
  auto without = small();
  without.main = "other.json";
  BOOST_TEST(parse_backup(write_backup(without)).error() == "there is no configuration in it");
}

/// Cut short at any length, and with any byte changed, it is refused.
BOOST_AUTO_TEST_CASE(damage) {
  const auto whole = write_backup(small());
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_REQUIRE_MESSAGE(!parse_backup(std::string_view(whole).substr(0, size)), size);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto other = whole;
    other[at] = static_cast<char>(other[at] ^ 1 << at % 8);
    BOOST_REQUIRE_MESSAGE(!parse_backup(other), at);
  }
}

BOOST_AUTO_TEST_SUITE_END()

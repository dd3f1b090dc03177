#include "store/state_journal.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "store/checksum.hpp"
#include "store/journal_fixture.hpp"

using namespace aurora;
using test::journal_fixture;
using test::values;
using test::values_of;

namespace {

/// What a file of so many bytes holds.
struct snapshot {
  std::size_t size = 0;
  values held;
};

/// Changes of all kinds, each flushed on its own.
std::vector<snapshot> write_history(journal_fixture& at, int keys) {
  at.now = {{"first", "begun with"}};
  at.begin();
  std::vector<snapshot> history;
  const auto note = [&] {
    at.flush();
    history.push_back({test::read_file(at.path).size(), at.now});
  };
  note();
  for (int i = 0; i < keys; ++i) {
    const auto key = "service/web@" + std::to_string(i);
    at.put(key, R"({"pid": )" + std::to_string(100 + i) + "}"), note();
    if (i % 2 == 0) at.put(key, "up  \xff " + std::string(1, '\0')), note();
    if (i % 3 == 0) at.forget(key), note();
    if (i % 6 == 0) at.put(key, ""), note();
  }
  return history;
}

bool says(const std::string& words, const std::string& what) {
  return words.find(what) != std::string::npos;
}

std::string line(const std::string& text) { return text + ' ' + store::checksum(text) + '\n'; }

}  // namespace

BOOST_AUTO_TEST_SUITE(state_journal)

BOOST_FIXTURE_TEST_CASE(what_is_put_is_read, journal_fixture) {
  // The newest value of each key comes back, whatever its bytes are, in order of appearance.
  begin();
  for (const auto* key : {"b", "a", "c", "d"}) put(key, "old");
  flush();
  put("b", "new value, with spaces  and \t\xff" + std::string(1, '\0') + "bytes");
  put("d", "");
  forget("a");
  forget("unknown");
  flush();
  put("a", "again");
  flush();
  require_all();
  const auto records = read().records;
  BOOST_REQUIRE(records.size() == 4u);
  for (const auto& [at, key] : {std::pair(0, "b"), {1, "c"}, {2, "d"}, {3, "a"}}) {
    BOOST_TEST(records[static_cast<std::size_t>(at)].key == key);
  }
}

BOOST_FIXTURE_TEST_CASE(people_can_read_it, journal_fixture) {
  // The form that is promised, byte by byte, for it is also what the next version reads.
  begin();
  put("web", "up");
  forget("web");
  flush();
  const auto sum = [](const std::string& text) {
    return store::checksum(text) + ' ' + text + '\n';
  };
  BOOST_TEST(store::checksum("123456789") == "cbf43926");
  BOOST_TEST(test::read_file(path) ==
             line("aurora-journal 1 boot-1 run-1") + sum("web up") + sum("web"));
}

BOOST_FIXTURE_TEST_CASE(only_a_flush_writes, journal_fixture) {
  // Changes wait for the flush, which writes them at once; the same value again is no change.
  begin();
  const auto empty = test::read_file(path);
  put("web", "up");
  BOOST_TEST(test::read_file(path) == empty);
  flush();
  const auto once = test::read_file(path);
  BOOST_TEST(once.size() > empty.size());
  put("web", "up");
  flush();
  BOOST_TEST(test::read_file(path) == once);
}

BOOST_FIXTURE_TEST_CASE(nobody_else_reads_it, journal_fixture) {
  // S08: files of the state are 0600 whatever the umask, and whatever was left in their place.
  const auto old = ::umask(0);
  test::write_file(path + ".new", "left by a daemon that was killed");
  begin();
  begin();
  ::umask(old);
  for (const auto& each : {path, path + ".previous"}) {
    struct stat found {};
    BOOST_REQUIRE(::stat(each.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777) == 0600u);
  }
  BOOST_TEST(!std::filesystem::exists(path + ".new"));
}

BOOST_FIXTURE_TEST_CASE(no_file_is_no_fault, journal_fixture) {
  // The first start has none.
  const auto read = store::read_journal(path);
  BOOST_REQUIRE(read);
  BOOST_TEST(!read->has_value());
}

BOOST_FIXTURE_TEST_CASE(every_truncation_is_an_older_state, journal_fixture) {
  // A file cut at any length, as a kill in the middle of a write leaves it, holds all that was
  // flushed up to there and nothing else; that is no fault.
  const auto history = write_history(*this, 50);
  const auto whole = test::read_file(path);
  for (std::size_t length = history[0].size; length <= whole.size(); ++length) {
    test::write_file(path, whole.substr(0, length));
    const auto later = std::find_if(history.begin(), history.end(),
                                    [&](const auto& each) { return each.size > length; });
    const auto contents = read();
    if (contents.fault.empty() && values_of(contents.records) == std::prev(later)->held) continue;
    BOOST_TEST(false, "cut at " << length << ": " << contents.fault);
  }
}

BOOST_FIXTURE_TEST_CASE(a_cut_header_leads_to_the_previous_one, journal_fixture) {
  // Without its first line whole a file tells nothing: the generation before is used, and that is
  // told; without one there are no records, and that is told.
  now = {{"web", "of the one before"}};
  begin();
  const auto before = now;
  now = {{"web", "of this one"}};
  begin();
  const auto whole = test::read_file(path);
  for (std::size_t length = 0; length <= whole.find('\n'); ++length) {
    test::write_file(path, whole.substr(0, length));
    const auto contents = read();
    BOOST_TEST((values_of(contents.records) == before));
    BOOST_TEST((contents.header == header));
    BOOST_TEST(says(contents.fault, "'" + path + "' is damaged"), contents.fault);
    BOOST_TEST(says(contents.fault, "'" + path + ".previous' is used"), contents.fault);
  }
  for (const auto* other : {"", "aurora-journal 1", "\n"}) {
    test::write_file(path + ".previous", other);
    const auto contents = read();
    BOOST_TEST(contents.records.empty());
    BOOST_TEST(says(contents.fault, ".previous' is damaged"), contents.fault);
    BOOST_TEST(says(contents.fault, "what ran before is not known"), contents.fault);
  }
  std::filesystem::remove(path + ".previous");
  BOOST_TEST(read().records.empty());
  BOOST_TEST(says(read().fault, "there is no '" + path + ".previous'"));
}

BOOST_FIXTURE_TEST_CASE(a_missing_file_leads_to_the_previous_one, journal_fixture) {
  // Somebody moved it away, or a crash on a file system without hard links: told.
  now = {{"web", "up"}};
  begin();
  std::filesystem::rename(path, path + ".previous");
  const auto contents = read();
  BOOST_TEST((values_of(contents.records) == now));
  BOOST_TEST(says(contents.fault, "'" + path + "' is missing"), contents.fault);
}

BOOST_FIXTURE_TEST_CASE(no_flipped_bit_makes_a_value, journal_fixture) {
  // Each bit of a file, flipped on its own: every value that is read was put once. Where nothing is
  // told, it is a state that a kill within the last two changes would have left.
  const auto history = write_history(*this, 4);
  std::map<std::string, std::vector<std::string>> put_once;
  for (const auto& each : history) {
    for (const auto& [key, value] : each.held) put_once[key].push_back(value);
  }
  const auto whole = test::read_file(path);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    test::write_file(path, flipped);
    const auto contents = read();
    for (const auto& [key, value] : contents.records) {
      const auto& known = put_once[key];
      BOOST_REQUIRE_MESSAGE(std::find(known.begin(), known.end(), value) != known.end(),
                            "bit " << bit << ": " << key << " is " << value);
    }
    if (!contents.fault.empty()) continue;
    const auto held = values_of(contents.records);
    BOOST_TEST(std::any_of(history.end() - 3, history.end(),
                           [&](const auto& each) { return each.held == held; }),
               "bit " << bit);
  }
}

BOOST_FIXTURE_TEST_CASE(bad_lines_are_skipped_and_told, journal_fixture) {
  // What stands behind a damaged line is good; a line that is too long is bad whatever it says.
  begin();
  const auto start = test::read_file(path);
  std::string good, lone;
  store::append_value(good, "web", "up");
  store::append_value(lone, "db", std::string(1 << 20, 'x'));
  for (const auto& bad :
       {std::string("nonsense\n"), std::string("\n"), lone, store::checksum("") + " \n",
        store::checksum(" x") + "  x\n", "CBF43926 123456789\n" + good}) {
    test::write_file(path, start + bad + good);
    const auto contents = read();
    BOOST_TEST((values_of(contents.records) == values{{"web", "up"}}));
    BOOST_TEST(says(contents.fault, "1 of its lines were skipped (the first: line 2)"),
               contents.fault);
  }
}

BOOST_FIXTURE_TEST_CASE(a_newer_version_is_refused, journal_fixture) {
  // An old binary does not guess what a newer one meant; a version that is only damaged is none.
  for (const auto* version : {"2", "10", "99999999999999999999"}) {
    test::write_file(path,
                     line("aurora-journal " + std::string(version) + " boot run more") + "x\n");
    const auto read = store::read_journal(path);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.error().what == store::load_fault::kind::newer));
    BOOST_TEST(says(read.error().words, "'" + path + "' was written by a newer version"));
    BOOST_TEST(says(read.error().words, "start that version, or move the file away"));
  }
  for (const auto* text : {"aurora-journal 0 b r", "aurora-journal x b r", "aurora-journal 1 b",
                           "aurora-journal 1 b r r", "aurora-journal 1  r", "other 1 b r"}) {
    test::write_file(path, line(text));
    BOOST_TEST(says(read().fault, "is damaged"), text);
  }
  test::write_file(path + ".previous", line("aurora-journal 2 b r"));
  const auto read = store::read_journal(path);
  BOOST_REQUIRE(!read);
  BOOST_TEST(says(read.error().words, path + ".previous"));
}

BOOST_FIXTURE_TEST_CASE(what_no_line_can_carry_is_refused, journal_fixture) {
  // A newline would forge a line, and what is too long would not be read again: the flush tells,
  // once, and all else is written.
  begin();
  put("web", "up");
  for (const auto& [key, value] : std::vector<store::record>{{"", "x"},
                                                             {"a b", "x"},
                                                             {"a\nb", "x"},
                                                             {"a", "x\ny"},
                                                             {"a", std::string(1 << 20, 'x')}}) {
    journal->put(key, value);
    BOOST_TEST(!journal->flush());
    BOOST_TEST(says(journal->fault(), "'" + path + "': no line can carry"), journal->fault());
    BOOST_TEST(journal->flush());
    BOOST_TEST(journal->fault() == "");
  }
  require_all();
  BOOST_TEST(!store::state_journal::begin(path, header, {{"a b", ""}}));
  BOOST_TEST(!store::state_journal::begin(path, {"boot id", "run"}, {}));
  require_all();
}

BOOST_AUTO_TEST_SUITE_END()

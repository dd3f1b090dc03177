#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>

#include "store/journal_fixture.hpp"
#include "store/state_journal.hpp"

using namespace aurora;
using test::journal_fixture;
using test::values;
using test::values_of;

namespace {

bool says(const std::string& words, const std::string& what) {
  return words.find(what) != std::string::npos;
}

std::string large(int n) { return std::to_string(n) + std::string(50'000, 'x'); }

/// Counts up in the journal with values so large that a new generation is begun over and over; a
/// byte to `acknowledge` for each flush that returned.
[[noreturn]] void count_up(const journal_fixture& at, int acknowledge) {
  auto journal = store::state_journal::begin(at.path, at.header, at.read().records);
  for (int n = 1; journal; ++n) {
    (*journal)->put("n", std::to_string(n));
    (*journal)->put("bulk" + std::to_string(n % 4), large(n));
    if (!(*journal)->flush() || ::write(acknowledge, "", 1) != 1) break;
  }
  ::_exit(1);
}

/// Lets `count_up` come to at least `flushes`, kills it. Returns: the flushes that had returned.
int killed_after(const journal_fixture& at, int flushes) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) count_up(at, ends[1]);
  ::close(ends[1]);
  int done = 0;
  char byte = 0;
  while (::read(ends[0], &byte, 1) == 1) {
    if (++done == flushes) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFSIGNALED(status));
  return done;
}

/// No file may grow beyond so many bytes, as if the disk were full.
class size_limit {
 public:
  explicit size_limit(std::size_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{bytes, before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~size_limit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  size_limit(const size_limit&) = delete;
  size_limit& operator=(const size_limit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(state_journal_on_a_disk)

BOOST_FIXTURE_TEST_CASE(it_stays_small_and_keeps_all, journal_fixture) {
  // A thousand changes of large values: the file never has more than its limit and one flush, and
  // the newest value of each key is there, also in the generation before.
  now = {{"kept", "from the start"}};
  begin();
  bool has_shrunk = false;
  for (int n = 0; n < 300; ++n) {
    const auto size = std::filesystem::file_size(path);
    put("bulk" + std::to_string(n % 4), large(n));
    flush();
    has_shrunk = has_shrunk || std::filesystem::file_size(path) < size;
    BOOST_TEST(std::filesystem::file_size(path) <= (1u << 20) + 60'000);
  }
  BOOST_TEST(has_shrunk);
  require_all();
  BOOST_TEST(!std::filesystem::exists(path + ".new"));
  std::filesystem::rename(path + ".previous", path);
  BOOST_TEST(values_of(read().records)["kept"] == "from the start");
}

BOOST_FIXTURE_TEST_CASE(a_kill_at_any_moment_loses_nothing_flushed, journal_fixture) {
  // A writer killed anywhere, in the middle of a new generation too: what it had flushed is there,
  // at most one change more, without a fault, and the next writer goes on with it.
  begin();
  journal.reset();
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    const int done = killed_after(*this, 1 + static_cast<int>(random() % 40));
    const auto contents = read();
    BOOST_TEST(contents.fault == "");
    auto found = values_of(contents.records);
    const int n = std::stoi(found.at("n"));
    BOOST_TEST(n >= done);
    BOOST_TEST(n <= done + 1);
    for (int last = done; last > std::max(done - 4, 0); --last) {
      const auto& bulk = found.at("bulk" + std::to_string(last % 4));
      BOOST_TEST((bulk == large(last) || bulk == large(last + 4)), last);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(each_step_of_a_new_generation_leaves_one, journal_fixture) {
  // The states of the folder in which a crash can leave it, one after the other.
  now = {{"web", "older"}};
  begin();
  put("web", "up");
  flush();
  const auto old = test::read_file(path);
  begin();
  const auto fresh = test::read_file(path);
  const auto fresh_name = path + ".new", previous = path + ".previous";
  BOOST_TEST(test::read_file(previous) == old);
  const auto state = [&](const values& files) {
    for (const auto& each : {path, fresh_name, previous}) std::filesystem::remove(each);
    for (const auto& [name, bytes] : files) test::write_file(name, bytes);
  };
  const auto half = fresh.substr(0, fresh.size() / 2);
  for (const auto& files : {values{{path, old}}, values{{path, old}, {fresh_name, ""}},
                            values{{path, old}, {previous, half}, {fresh_name, half}},
                            values{{path, old}, {previous, half}, {fresh_name, fresh}},
                            values{{path, old}, {fresh_name, fresh}},
                            values{{path, old}, {previous, old}, {fresh_name, fresh}},
                            values{{path, fresh}, {previous, old}}}) {
    state(files);
    require_all();
    begin();
    require_all();
    BOOST_TEST(!std::filesystem::exists(fresh_name));
  }
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_loses_nothing, journal_fixture) {
  // While nothing can be written each flush says so and what was flushed before can be read; when
  // there is room again the next flush has it all.
  now = {{"web", std::string(2'000, 'a')}};
  begin();
  const auto before = now;
  bool first = true, second = true;
  std::string words;
  {
    const size_limit full(test::read_file(path).size() + 10);
    put("db", "changed");
    put("web", std::string(3'000, 'b'));
    first = journal->flush();
    forget("db");
    put("cache", "up");
    second = journal->flush();
    words = journal->fault();
  }
  BOOST_TEST(!first);
  BOOST_TEST(!second);
  BOOST_TEST(says(words, "'" + path), words);
  BOOST_TEST(says(words, "File too large"), words);
  BOOST_TEST(!std::filesystem::exists(path + ".new"));
  BOOST_TEST(read().fault == "");
  BOOST_TEST((values_of(read().records) == before));
  flush();
  BOOST_TEST(journal->fault() == "");
  require_all();
  put("db", "appended");
  flush();
  require_all();
}

BOOST_FIXTURE_TEST_CASE(no_room_to_shrink_is_no_loss, journal_fixture) {
  // Where a new generation cannot be begun the old one goes on growing; that is told, and tried
  // again.
  begin();
  BOOST_REQUIRE(::mkdir((path + ".new").c_str(), 0700) == 0);
  bool was_told = false;
  for (int n = 0; n < 50; ++n) {
    put("bulk", large(n));
    flush();
    was_told = was_told || says(journal->fault(), "'" + path + ".new'");
  }
  BOOST_TEST(was_told);
  require_all();
  std::filesystem::remove(path + ".new");
  for (int n = 0; n < 50; ++n) put("bulk", large(n)), flush();
  BOOST_TEST(test::read_file(path).size() < (1u << 20) + 60'000);
  require_all();
}

BOOST_FIXTURE_TEST_CASE(only_a_regular_file_will_do, journal_fixture) {
  // A symlink is neither followed nor replaced, nor is a FIFO waited for or a folder moved away.
  const auto target = home / "target";
  test::write_file(target, "somebody's");
  const auto refused = [&] {
    const auto begun = store::state_journal::begin(path, header, {});
    BOOST_REQUIRE(!begun);
    BOOST_TEST(says(begun.error(), "'" + path + "' is not a regular file"), begun.error());
    const auto read = store::read_journal(path);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.error().what == store::load_fault::kind::unreadable));
    BOOST_TEST(says(read.error().words, path), read.error().words);
    BOOST_TEST(!std::filesystem::exists(path + ".new"));
    BOOST_TEST(std::filesystem::remove(path));
  };
  std::filesystem::create_symlink(target, path);
  refused();
  BOOST_TEST(test::read_file(target) == "somebody's");
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  refused();
  BOOST_REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  refused();
  // Of what stands at the other names only the link itself goes.
  std::filesystem::create_symlink(target, path + ".new");
  begin();
  BOOST_TEST(test::read_file(target) == "somebody's");
  require_all();
}

BOOST_FIXTURE_TEST_CASE(a_folder_of_others_is_told, journal_fixture) {
  // Who may not write there learns it at the beginning, and who may not read does not start over.
  begin();
  BOOST_REQUIRE(::chmod(home.path().c_str(), 0) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) ::_exit(3);
    const auto begun = store::state_journal::begin(path, header, {});
    const auto read = store::read_journal(path);
    const bool is_told = !begun && says(begun.error(), "'" + path + ".new': Permission denied");
    ::_exit(is_told && !read && read.error().what == store::load_fault::kind::unreadable ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(::chmod(home.path().c_str(), 0700) == 0);
  BOOST_TEST(status == 0);
  const auto nowhere = store::state_journal::begin(home / "none/run.journal", header, {});
  BOOST_REQUIRE(!nowhere);
  BOOST_TEST(says(nowhere.error(), "No such file or directory"));
}

BOOST_FIXTURE_TEST_CASE(a_huge_file_is_not_read, journal_fixture) {
  // What no journal of ours can have become is refused before it takes memory.
  test::write_file(path, "");
  std::filesystem::resize_file(path, (std::uintmax_t{256} << 20) + 1);
  const auto read = store::read_journal(path);
  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().what == store::load_fault::kind::unreadable));
  BOOST_TEST(says(read.error().words, "'" + path + "' has more than"));
}

BOOST_AUTO_TEST_SUITE_END()

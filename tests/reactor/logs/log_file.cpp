#include "reactor/logs/log_file.hpp"

#include <atomic>

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "reactor/logs/gzip.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;
using reactor::logs::descriptor;
using reactor::logs::log_file;
using reactor::logs::mark_file;

namespace {

// A log file with its marks, as a stream has them; making another one is a restart.
struct opened {
  explicit opened(const test::scratch& dir, const logs_spec& spec = test::rotating(4096, 3))
      : marks(dir.run() + "/web.marks"), file(dir.logs(), "web", marks, [](const descriptor&) {}) {
    error = file.open(reactor::logs::find_segments(dir.logs())["web"], spec);
  }
  void write(std::string_view text) {
    const auto wrote = file.write(text);
    BOOST_REQUIRE(wrote.error == 0);
    BOOST_REQUIRE(wrote.done == text.size());
  }
  mark_file marks;
  log_file file;
  int error = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_log_file)

BOOST_AUTO_TEST_CASE(rotates_between_lines) {
  // However the bytes are cut into writes, every file ends with a whole line within its limit, the
  // number of files is exact, and nothing is lost between them.
  for (const std::size_t piece : {1UL, 7UL, 100UL, 5000UL, 60000UL}) {
    const test::scratch dir;
    opened log(dir, test::rotating(4096, 3));
    const auto text = test::numbered(1, 1000);
    for (std::size_t i = 0; i < text.size(); i += piece) log.write(text.substr(i, piece));
    BOOST_TEST(reactor::logs::find_segments(dir.logs(), "web").size() == 3u);
    for (const auto& name : test::names_in(dir.logs())) {
      const auto content = test::read_all(dir.logs() + '/' + name);
      BOOST_TEST(content.size() <= 4096u + 108);  // the line at the limit
      BOOST_TEST(content.back() == '\n');
    }
    const auto kept = test::whole_log(dir.logs(), "web");
    BOOST_TEST(text.ends_with(kept));
    BOOST_TEST(kept.size() > 3u * 3900);
    BOOST_TEST(log.file.end() == text.size());
  }
}

BOOST_AUTO_TEST_CASE(says_when_its_end_is_a_guess) {
  // Its marks cannot be read: then what it ends with tells what was written of a last read.
  const test::scratch dir;
  opened(dir, test::rotating(1 << 20, 3)).write("one\ntwo\n");
  BOOST_TEST(opened(dir).file.placed());
  std::filesystem::remove(dir.run() + "/web.marks");
  BOOST_TEST(opened(dir).file.placed());
  std::filesystem::create_directory(dir.run() + "/web.marks");
  const opened log(dir);
  BOOST_TEST(!log.file.placed());
  BOOST_TEST(log.file.ends_within("two\nthree\n") == 4u);
  BOOST_TEST(log.file.ends_within("one\ntwo\n") == 8u);
  BOOST_TEST(log.file.ends_within("zero\none\ntwo\n") == 0u);
  BOOST_TEST(log.file.ends_within("x") == 0u);
  // Through the files that a rotation in between has made.
  const test::scratch other;
  const auto text = test::numbered(1, 1000);
  opened(other, test::rotating(4096, 100)).write(text);
  const opened rotated(other, test::rotating(4096, 100));
  BOOST_TEST(rotated.file.ends_within(text + "more") == text.size());
}

BOOST_AUTO_TEST_CASE(lets_a_long_line_grow) {
  // A line may make its file 64 KiB larger; a longer one is cut there, and no byte is lost.
  const test::scratch dir;
  opened log(dir, test::rotating(1000, 9));
  const auto text =
      "short\n" + std::string(30'000, 'x') + "\n" + std::string(200'000, 'y') + "\nend\n";
  log.write(text);
  BOOST_TEST((test::whole_log(dir.logs(), "web") == text));
  for (const auto& name : test::names_in(dir.logs()))
    BOOST_TEST(std::filesystem::file_size(dir.logs() + '/' + name) <= 1000 + log_file::grace);
  BOOST_TEST(test::read_all(dir.logs() + "/web.log").ends_with("y\nend\n"));
}

BOOST_AUTO_TEST_CASE(keeps_none_when_asked) {
  // keep 0: the file begins anew, no rotated one appears, offsets go on.
  const test::scratch dir;
  opened log(dir, test::rotating(4096, 0));
  const auto text = test::numbered(1, 500);
  log.write(text);
  BOOST_TEST(test::names_in(dir.logs()) == std::vector<std::string>{"web.log"});
  BOOST_TEST(text.ends_with(test::read_all(dir.logs() + "/web.log")));
  BOOST_TEST(log.file.end() == text.size());
}

BOOST_AUTO_TEST_CASE(goes_on_counting_after_a_restart) {
  // The offset survives restarts, with rotated files gone, and about right with the marks gone too.
  const test::scratch dir;
  const auto text = test::numbered(1, 600);
  {
    opened log(dir);
    log.write(text);
  }
  {
    opened again(dir);
    BOOST_TEST(again.file.end() == text.size());
    again.write("more\n");
    BOOST_TEST(again.file.end() == text.size() + 5);
  }
  const auto kept = test::whole_log(dir.logs(), "web").size();
  ::unlink((dir.run() + "/web.marks").c_str());
  BOOST_TEST(opened(dir).file.end() == kept);
}

BOOST_AUTO_TEST_CASE(never_counts_backwards) {
  // With the files gone and the marks left, offsets go on behind what the marks know.
  const test::scratch dir;
  {
    opened log(dir);
    log.write(test::numbered(1, 100));
    log.marks.note(log.file.end(), wall_time(std::chrono::hours(1)));
    log.marks.flush();
    log.write("tail\n");
  }
  const auto end = opened(dir).file.end();
  for (const auto& name : test::names_in(dir.logs())) ::unlink((dir.logs() + '/' + name).c_str());
  BOOST_TEST(opened(dir).file.end() >= end - 5);
}

BOOST_AUTO_TEST_CASE(notices_truncation) {
  // copytruncate: what follows stands at the beginning of the file without a hole, and keeps its
  // offsets, also across a restart.
  const test::scratch dir;
  std::uint64_t end = 0;
  {
    opened log(dir, test::rotating(1 << 20, 3));
    log.write(test::numbered(1, 100));
    end = log.file.end();
    std::filesystem::resize_file(dir.logs() + "/web.log", 0);
    log.write(test::numbered(101, 110));
    log.file.check();
    end += test::numbered(101, 110).size();
    BOOST_TEST(log.file.end() == end);
  }
  BOOST_TEST(test::read_all(dir.logs() + "/web.log") == test::numbered(101, 110));
  BOOST_TEST(opened(dir).file.end() == end);
}

BOOST_AUTO_TEST_CASE(follows_an_external_rename_at_reopen) {
  // Until the reopen bytes go to the renamed file, after it to a new one; none is lost.
  const test::scratch dir;
  opened log(dir, test::rotating(1 << 20, 3));
  log.write("one\n");
  std::filesystem::rename(dir.logs() + "/web.log", dir.logs() + "/web.log.old");
  log.write("two\n");
  BOOST_TEST(log.file.reopen() == 0);
  log.write("three\n");
  BOOST_TEST(test::read_all(dir.logs() + "/web.log.old") == "one\ntwo\n");
  BOOST_TEST(test::read_all(dir.logs() + "/web.log") == "three\n");
  BOOST_TEST(log.file.end() == 14u);
}

BOOST_AUTO_TEST_CASE(comes_back_when_removed) {
  // A file removed by hand is made again at the next look.
  const test::scratch dir;
  opened log(dir);
  log.write("one\n");
  std::filesystem::remove(dir.logs() + "/web.log");
  log.file.check();
  log.write("two\n");
  BOOST_TEST(test::read_all(dir.logs() + "/web.log") == "two\n");
}

BOOST_AUTO_TEST_CASE(does_not_rotate_a_strangers_file_away) {
  // Renamed by somebody and not told: at its limit the log goes on in a new file and the renamed
  // one keeps its name.
  const test::scratch dir;
  opened log(dir, test::rotating(4096, 3));
  log.write(test::numbered(1, 10));
  std::filesystem::rename(dir.logs() + "/web.log", dir.logs() + "/saved");
  log.write(test::numbered(11, 100));
  const auto text = test::read_all(dir.logs() + "/saved") + test::whole_log(dir.logs(), "web");
  BOOST_TEST(text == test::numbered(1, 100));
}

BOOST_AUTO_TEST_CASE(makes_room_for_a_file_put_in_its_way) {
  // A file that appears under a rotated name is not overwritten, and rotation goes on.
  const test::scratch dir;
  opened log(dir, test::rotating(4096, 5));
  log.write(test::numbered(1, 30));
  test::write_all(dir.logs() + "/web.log.1", "put here by hand\n");
  log.write(test::numbered(31, 100));
  const auto text = test::whole_log(dir.logs(), "web");
  BOOST_TEST(text.starts_with("put here by hand\n"));
  BOOST_TEST(text.substr(17) == test::numbered(1, 100));
}

BOOST_AUTO_TEST_CASE(refuses_to_hang_on_a_pipe) {
  // A FIFO in the place of the file is an error or a file like any other, never a wait.
  const test::scratch dir;
  BOOST_REQUIRE(::mkfifo((dir.logs() + "/web.log").c_str(), 0600) == 0);
  opened log(dir);
  const auto wrote = log.file.write(std::string(1 << 20, 'x'));
  BOOST_TEST(wrote.error == EAGAIN);
}

BOOST_AUTO_TEST_CASE(packs_what_was_rotated_meanwhile) {
  // The packed copy replaces its file under the number it has by then; offsets stay.
  const test::scratch dir;
  opened log(dir, test::rotating(4096, 5, true));
  const auto text = test::numbered(1, 150);
  log.write(text.substr(0, 4200));
  const auto job = log.file.begin_packing();
  BOOST_REQUIRE(job.has_value());
  log.write(text.substr(4200));
  const std::atomic<bool> stop{false};
  BOOST_REQUIRE(reactor::logs::gzip_copy(job->from.get(), job->into.get(), stop) == 0);
  log.file.end_packing(*job, 0);
  BOOST_TEST(test::exists(dir.logs() + "/web.log.2.gz"));
  BOOST_TEST(!test::exists(dir.logs() + "/web.log.2"));
  BOOST_TEST(test::whole_log(dir.logs(), "web") == text);
  BOOST_TEST(opened(dir, test::rotating(4096, 5, true)).file.end() == text.size());
}

BOOST_AUTO_TEST_CASE(drops_the_copy_of_a_file_that_is_gone) {
  // Rotated out of existence while it was packed: nothing of the copy stays.
  const test::scratch dir;
  opened log(dir, test::rotating(4096, 1, true));
  log.write(test::numbered(1, 80));
  const auto job = log.file.begin_packing();
  BOOST_REQUIRE(job.has_value());
  log.write(test::numbered(81, 300));
  log.file.end_packing(*job, 0);
  BOOST_TEST(test::names_in(dir.logs()) == (std::vector<std::string>{"web.log", "web.log.1"}));
}

BOOST_AUTO_TEST_SUITE_END()

#include "reactor/logs/intake.hpp"

#include <csignal>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "reactor/logs/log_hub.hpp"
#include "reactor/logs/support.hpp"

using namespace aurora;
using reactor::logs::intake;

namespace {

struct announced {
  test::scratch dir;
  std::string path = dir.run() + "/intake";
  std::optional<intake::rest> next() {
    intake again;
    again.open(path);
    return again.take_rest();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(what_a_kill_left_between_pipe_and_file, announced)

BOOST_AUTO_TEST_CASE(is_told_when_the_read_was_made) {
  // Of any size, and whatever the bytes are, also fewer than the pattern is long.
  for (const std::size_t size : {1UL, 2UL, 15UL, 16UL, 17UL, 5000UL, intake::size}) {
    const std::string bytes(size, size % 2 ? '\n' : '\xff');
    intake one;
    one.open(path);
    std::memcpy(one.place_for("web.err", 77, size), bytes.data(), size);
    const auto rest = next();
    BOOST_REQUIRE(rest.has_value());
    BOOST_TEST(rest->name == "web.err");
    BOOST_TEST(rest->offset == 77u);
    BOOST_TEST((rest->bytes == bytes));
  }
}

BOOST_AUTO_TEST_CASE(is_nothing_when_it_was_not) {
  // The record alone says what was about to happen.
  for (const std::size_t size : {1UL, 3UL, 16UL, 5000UL, intake::size}) {
    intake one;
    one.open(path);
    one.place_for("web", 77, size);
    BOOST_TEST(!next().has_value());
  }
}

BOOST_AUTO_TEST_CASE(is_nothing_where_it_belongs_nowhere) {
  // What waits in memory for a full disk, and what has a name that no log can have.
  intake one;
  one.open(path);
  std::memcpy(one.place_for("", 0, 4), "abcd", 4);
  BOOST_TEST(!next().has_value());
  std::memcpy(one.place_for(std::string(200, 'x'), 0, 4), "abcd", 4);
  BOOST_TEST(!next().has_value());
}

BOOST_AUTO_TEST_CASE(is_not_believed_when_damaged) {
  // Every bit of the record flipped: never other bytes, never another place.
  const std::string bytes = "some output\n";
  {
    intake one;
    one.open(path);
    std::memcpy(one.place_for("web", 5, bytes.size()), bytes.data(), bytes.size());
  }
  const auto good = test::read_all(path);
  for (std::size_t bit = 0; bit < 130 * 8; ++bit) {
    auto bad = good;
    bad[intake::size + bit / 8] = static_cast<char>(bad[intake::size + bit / 8] ^ (1 << bit % 8));
    test::write_all(path, bad);
    const auto rest = next();
    BOOST_TEST((!rest || (rest->name == "web" && rest->offset == 5 && rest->bytes == bytes)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(killed_while_it_reads_and_writes)

BOOST_AUTO_TEST_CASE(is_found_without_marks) {
  // Where they cannot be read, what the file ends with tells how much of the last read is in it.
  for (const std::size_t written : {0UL, 5UL, 8UL}) {
    test::hub_fixture at;
    auto channel = at.open("web");
    test::put(channel->stdout_fd(), "zero\n");
    at.until([&] { return channel->bytes() == 5; });
    test::put(channel->stdout_fd(), "one\ntwo\n");
    at.until([&] { return channel->bytes() == 13; });
    const auto log = channel->path();
    channel.reset();
    at.stop();
    std::filesystem::resize_file(log, 5 + written);  // as a kill within the write leaves it
    std::filesystem::remove(at.dir.run() + "/web.marks");
    std::filesystem::create_directory(at.dir.run() + "/web.marks");
    at.make();
    channel = at.open("web");
    BOOST_TEST(channel->bytes() == 13u);
    BOOST_TEST(test::read_all(log) == "zero\none\ntwo\n");
  }
}

BOOST_AUTO_TEST_CASE(a_hub_loses_and_repeats_nothing) {
  // A writer of numbered lines outlives 60 daemons that are killed at any instant, rotations among
  // them; each next one goes on. Somebody holds the pipes meanwhile, as the keeper does.
  const test::scratch dir;
  constexpr std::uint64_t last = 150'000;
  const auto fifo = dir.run() + "/web.fifo";
  { test::hub_fixture first; }
  const auto daemon = [&](int told) {
    boost::asio::io_context loop(1);
    reactor::worker_pool workers;
    reactor::log_hub::options how;
    how.fifo_dir = dir.run();
    how.log_dir = dir.logs();
    how.gather = std::chrono::milliseconds(1);
    reactor::log_hub hub(loop.get_executor(), workers, how);
    const auto channel = hub.open("web", test::rotating(64 << 10, 5000), std::nullopt);
    hub.start();
    if (::write(told, "x", 1) != 1) ::_exit(1);
    loop.run();
    ::_exit(0);
  };
  int keeper = -1;
  pid_t writer = 0;
  for (int round = 0; round < 60; ++round) {
    int told[2];
    BOOST_REQUIRE(::pipe2(told, O_CLOEXEC) == 0);
    const auto child = ::fork();
    if (child == 0) daemon(told[1]);
    char up = 0;
    BOOST_REQUIRE(::read(told[0], &up, 1) == 1);
    ::close(told[0]), ::close(told[1]);
    if (keeper < 0) {
      keeper = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
      BOOST_REQUIRE(keeper >= 0);
      writer = ::fork();
      if (writer == 0) {
        for (std::uint64_t n = 1; n <= last; n += 50) {
          test::put(keeper, test::numbered(n, n + 49));
          if (n % 500 == 1) ::usleep(500);  // lint: sleeps: the load, not a wait
        }
        ::_exit(0);
      }
    }
    ::usleep(static_cast<useconds_t>(1000 + round * 137));  // lint: sleeps: the random instant
    ::kill(child, SIGKILL);
    BOOST_REQUIRE(::waitpid(child, nullptr, 0) == child);
  }
  BOOST_TEST((::kill(writer, 0) == 0));
  std::uint64_t size = 0;
  for (std::uint64_t n = 1; n <= last; ++n) size += test::numbered(n).size();
  {
    boost::asio::io_context loop(1);
    reactor::worker_pool workers;
    reactor::log_hub::options how;
    how.fifo_dir = dir.run();
    how.log_dir = dir.logs();
    reactor::log_hub hub(loop.get_executor(), workers, how);
    const auto channel = hub.open("web", test::rotating(64 << 10, 5000), std::nullopt);
    hub.start();
    test::run_until(loop, [&] { return (*channel)->bytes() >= size; });
    test::await(loop, hub.stop());
    workers.join();
  }
  ::waitpid(writer, nullptr, 0);
  ::close(keeper);
  std::uint64_t from = 0, to = 0;
  BOOST_TEST(test::complaint(test::whole_log(dir.logs(), "web"), from, to) == "");
  BOOST_TEST((from == 1 && to == last));
}

BOOST_AUTO_TEST_SUITE_END()

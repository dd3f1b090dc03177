#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include "reactor/logs/support.hpp"

using namespace aurora;
using namespace std::chrono_literals;

namespace {

std::string log_of(const test::hub_fixture& at, const std::string& name) {
  return at.dir.logs() + '/' + name + ".log";
}

struct stat status_of(const std::string& path) {
  struct stat info {};
  BOOST_REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info;
}

// Collects what a tap hands over, and checks that the offsets follow each other.
struct listener {
  reactor::log_channel::sink sink() {
    return [this](std::string_view bytes, std::uint64_t offset) {
      if (text.empty()) first = offset;
      BOOST_REQUIRE(offset == first + text.size());
      text += bytes;
    };
  }
  std::string text;
  std::uint64_t first = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_log_hub)

BOOST_AUTO_TEST_CASE(writes_the_bytes_as_they_are) {
  // Binary bytes of every value, in writes of every size, arrive in the file unchanged.
  test::hub_fixture at;
  const auto channel = at.open("web");
  std::mt19937 random(7);
  std::string bytes(3 << 20, '\0');
  for (auto& c : bytes) c = static_cast<char>(random());
  std::thread writer([&] {
    std::string_view rest = bytes;
    std::mt19937 sizes(8);
    while (!rest.empty()) {
      const auto n = std::min<std::size_t>(rest.size(), sizes() % 30'000 + 1);
      test::put(channel->stdout_fd(), rest.substr(0, n));
      rest.remove_prefix(n);
    }
  });
  at.until([&] { return channel->bytes() == bytes.size(); });
  writer.join();
  BOOST_TEST((test::read_all(log_of(at, "web")) == bytes));
}

BOOST_AUTO_TEST_CASE(takes_a_line_without_an_end) {
  // 24 MiB without a newline go through, whole and in one file.
  test::hub_fixture at;
  const auto channel = at.open("web", test::rotating(1 << 30, 1));
  const std::size_t size = 24 << 20;
  std::thread writer([&] {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 24; ++i) test::put(channel->stdout_fd(), piece);
  });
  at.until([&] { return channel->bytes() == size; });
  writer.join();
  const auto text = test::read_all(log_of(at, "web"));
  BOOST_TEST(text.size() == size);
  BOOST_TEST(text.find_first_not_of('x') == text.npos);
}

BOOST_AUTO_TEST_CASE(makes_private_files) {
  // The pipe is 0600 and belongs to the service's user, the log is 0640; the pipe is a large one.
  test::hub_fixture at;
  auto opened = at.hub->open(
      "web", {},
      std::pair<uid_t, gid_t>(::getuid() ? ::getuid() : 65534, ::getgid() ? ::getgid() : 65534));
  BOOST_REQUIRE(opened.has_value());
  const auto pipe = status_of(at.dir.run() + "/web.fifo");
  BOOST_TEST(S_ISFIFO(pipe.st_mode));
  BOOST_TEST((pipe.st_mode & 07777) == 0600u);
  BOOST_TEST(pipe.st_uid == (::getuid() ? ::getuid() : 65534));
  BOOST_TEST((status_of(log_of(at, "web")).st_mode & 07777) == 0640u);
  BOOST_TEST((::fcntl((*opened)->stdout_fd(), F_GETFL) & O_NONBLOCK) == 0);
  BOOST_TEST((::fcntl((*opened)->stdout_fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(makes_way_for_its_pipe) {
  // What stands in the place of the pipe and is none is replaced; a folder is an error.
  test::hub_fixture at;
  test::write_all(at.dir.run() + "/web.fifo", "no pipe");
  const auto channel = at.open("web");
  BOOST_TEST(S_ISFIFO(status_of(at.dir.run() + "/web.fifo").st_mode));
  ::mkdir((at.dir.run() + "/api.fifo").c_str(), 0700);
  BOOST_TEST(at.hub->open("api", {}, {}).has_error());
}

BOOST_AUTO_TEST_CASE(keeps_stderr_apart_when_asked) {
  // Separate: two files, each with its bytes; merged: one, in the order written.
  test::hub_fixture at;
  logs_spec spec;
  spec.err = stderr_mode::separate;
  const auto apart = at.open("web", spec);
  const auto merged = at.open("api");
  test::put(apart->stdout_fd(), "out\n");
  test::put(apart->stderr_fd(), "err\n");
  for (const auto* word : {"a", "b", "c", "d"})
    test::put(*word % 2 ? merged->stdout_fd() : merged->stderr_fd(), word);
  at.until(
      [&] { return apart->bytes() && apart->separate_stderr()->bytes() && merged->bytes() == 4; });
  BOOST_TEST(test::read_all(log_of(at, "web")) == "out\n");
  BOOST_TEST(test::read_all(log_of(at, "web.err")) == "err\n");
  BOOST_TEST(test::read_all(log_of(at, "api")) == "abcd");
  BOOST_TEST(!merged->separate_stderr());
}

BOOST_AUTO_TEST_CASE(keeps_stderr_apart_by_one_pipe) {
  // Configured once more as it is, a channel keeps its two pipes and makes no third; merged and
  // separate again, it is given the same pipe.
  test::hub_fixture at;
  logs_spec spec;
  const auto channel = at.open("web", spec);
  BOOST_TEST(channel->stderr_fd() == channel->stdout_fd());
  spec.err = stderr_mode::separate;
  channel->configure(spec);
  const int apart = channel->stderr_fd();
  BOOST_TEST(apart != channel->stdout_fd());
  channel->configure(spec);
  BOOST_TEST(channel->stderr_fd() == apart);
  BOOST_TEST(!channel->separate_stderr()->separate_stderr());
  BOOST_TEST(::access((at.dir.run() + "/web.err.fifo").c_str(), F_OK) == 0);
  BOOST_TEST(::access((at.dir.run() + "/web.err.err.fifo").c_str(), F_OK) != 0);
  spec.err = stderr_mode::merged;
  channel->configure(spec);
  BOOST_TEST(channel->stderr_fd() == channel->stdout_fd());
  spec.err = stderr_mode::separate;
  channel->configure(spec);
  BOOST_TEST(channel->stderr_fd() == apart);
}

BOOST_AUTO_TEST_CASE(gathers_what_nobody_follows) {
  // 400 lines written one by one cost a few reads, and once the service is silent no timer runs.
  test::hub_fixture at;
  at.make([](auto& how) { how.gather = 20ms; });
  const auto channel = at.open("web");
  std::uint64_t size = 0;
  for (std::uint64_t n = 1; n <= 400; ++n) {
    test::put(channel->stdout_fd(), test::numbered(n));
    size += test::numbered(n).size();
    // The loop has its turn after each line: without gathering, each would be read alone.
    boost::asio::post(at.loop, [] {});
    at.loop.restart();
    at.loop.poll();
  }
  at.until([&] { return channel->bytes() == size; });
  const auto counted = at.hub->counted();
  BOOST_TEST(counted.reads < 100u);
  BOOST_TEST(counted.bytes == size);
  // Silent: it goes back to the set, where nothing but a byte wakes us.
  at.until([&] { return at.hub->counted().gathering == 0; });
  at.loop.restart();
  BOOST_TEST(at.loop.poll() == 0u);
}

BOOST_AUTO_TEST_CASE(gathers_nothing_of_what_is_followed) {
  // With a tap each line comes at once, by its own wake-up.
  test::hub_fixture at;
  at.make([](auto& how) { how.gather = 10s; });
  const auto channel = at.open("web");
  listener heard;
  const auto tap = channel->tap(heard.sink());
  std::string all;
  for (std::uint64_t n = 1; n <= 50; ++n) {
    test::put(channel->stdout_fd(), test::numbered(n));
    all += test::numbered(n);
    at.until([&] { return heard.text.size() == all.size(); });
  }
  BOOST_TEST(heard.text == all);
  BOOST_TEST(at.hub->counted().wakes >= 50u);
  BOOST_TEST(at.hub->counted().ticks == 0u);
}

BOOST_AUTO_TEST_CASE(hands_every_byte_to_its_taps) {
  // A tap begins where `bytes` stood and gets all that follows; ended, also by its own sink, it
  // gets nothing more, and the others go on.
  test::hub_fixture at;
  const auto channel = at.open("web");
  test::put(channel->stdout_fd(), "before\n");
  at.until([&] { return channel->bytes() == 7; });
  listener one, two;
  auto first = channel->tap(one.sink());
  std::shared_ptr<void> self;
  int calls = 0;
  self = channel->tap([&](std::string_view, std::uint64_t) { ++calls, self.reset(); });
  const auto second = channel->tap(two.sink());
  test::put(channel->stdout_fd(), "during\n");
  at.until([&] { return channel->bytes() == 14; });
  first.reset();
  test::put(channel->stdout_fd(), "after\n");
  at.until([&] { return channel->bytes() == 20; });
  BOOST_TEST((one.text == "during\n" && one.first == 7));
  BOOST_TEST((two.text == "during\nafter\n" && two.first == 7));
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(has_all_of_a_dead_writer) {
  // After a process has ended, `drain` has moved everything it wrote, without the loop.
  test::hub_fixture at;
  const auto channel = at.open("web");
  const auto child = ::fork();
  if (child == 0) {
    ::dup2(channel->stdout_fd(), 1);
    ::execl("/bin/sh", "sh", "-c", "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo line $i; done",
            nullptr);
    ::_exit(127);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  channel->drain();
  const auto text = test::read_all(log_of(at, "web"));
  BOOST_TEST(text.starts_with("line 1\n"));
  BOOST_TEST(text.ends_with("line 1000\n"));
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 1000);
}

BOOST_AUTO_TEST_CASE(is_not_held_by_who_still_writes) {
  // `drain` comes back although something left behind floods the pipe.
  test::hub_fixture at;
  const auto channel = at.open("web", test::rotating(8 << 20, 1));
  std::atomic<bool> stop{false};
  std::atomic<bool> ended{false};
  std::thread flood([&] {
    const std::string piece(64 << 10, 'x');
    while (!stop) test::put(channel->stdout_fd(), piece);
    ended = true;
  });
  for (int rounds = 0; rounds<20; rounds += channel->bytes()> 0) channel->drain();
  stop = true;
  while (!ended) channel->drain();  // its last write may wait for room
  flood.join();
  channel->drain();
  BOOST_TEST(channel->bytes() % (64 << 10) == 0u);
}

BOOST_AUTO_TEST_CASE(loses_nothing_over_a_restart) {
  // What is written while no hub runs waits in the pipe; the next hub goes on with the same
  // offsets.
  test::hub_fixture at;
  auto channel = at.open("web");
  const int writer = ::dup(channel->stdout_fd());  // as the service has it
  test::put(writer, "one\n");
  at.until([&] { return channel->bytes() == 4; });
  channel.reset();
  at.stop();
  test::put(writer, "two\n");
  at.make();
  channel = at.open("web");
  BOOST_TEST(channel->bytes() == 4u);
  listener heard;
  const auto tap = channel->tap(heard.sink());
  test::put(writer, "three\n");
  at.until([&] { return channel->bytes() == 14; });
  ::close(writer);
  BOOST_TEST((heard.text == "two\nthree\n" && heard.first == 4));
  BOOST_TEST(test::read_all(log_of(at, "web")) == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(drains_when_it_ends) {
  // Bytes that nobody has read yet are in the file after `stop`.
  test::hub_fixture at;
  const auto channel = at.open("web");
  test::put(channel->stdout_fd(), "last words\n");
  at.stop();
  BOOST_TEST(test::read_all(log_of(at, "web")) == "last words\n");
}

BOOST_AUTO_TEST_CASE(leaves_its_pipe_for_the_next_daemon) {
  // Destroying a channel keeps pipe and marks; of a retired one they go, and the log stays.
  test::hub_fixture at;
  auto channel = at.open("web");
  channel.reset();
  BOOST_TEST(test::exists(at.dir.run() + "/web.fifo"));
  channel = at.open("web");
  channel->retire();
  channel.reset();
  BOOST_TEST(!test::exists(at.dir.run() + "/web.fifo"));
  BOOST_TEST(test::exists(log_of(at, "web")));
}

BOOST_AUTO_TEST_CASE(floods_do_not_delay_others) {
  // While three services flood, a line of a fourth is in its file within 250 ms, and the loop
  // answers within as much.
  test::hub_fixture at;
  std::vector<std::unique_ptr<reactor::log_channel>> loud;
  std::atomic<bool> stop{false};
  std::atomic<int> ended{0};
  std::vector<std::thread> floods;
  for (int i = 0; i < 3; ++i) {
    loud.push_back(at.open("loud" + std::to_string(i), test::rotating(4 << 20, 1)));
    floods.emplace_back([&, fd = loud.back()->stdout_fd()] {
      const std::string piece(256 << 10, 'x');
      while (!stop) test::put(fd, piece);
      ++ended;
    });
  }
  const auto quiet = at.open("quiet");
  at.until([&] { return loud[0]->bytes() > 8u << 20; });
  std::vector<std::chrono::nanoseconds> delays;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const auto target = quiet->bytes() + 2;
    const auto begin = std::chrono::steady_clock::now();
    test::put(quiet->stdout_fd(), "x\n");
    at.until([&] { return quiet->bytes() >= target; });
    delays.push_back(std::chrono::steady_clock::now() - begin);
  }
  stop = true;
  while (ended < 3)
    for (const auto& each : loud) each->drain();
  for (auto& each : floods) each.join();
  std::sort(delays.begin(), delays.end());
  BOOST_TEST((delays[delays.size() / 2] < 250ms));
}

BOOST_AUTO_TEST_CASE(closes_files_of_the_silent) {
  // With more services than files it may hold open, every log still gets its lines.
  test::hub_fixture at;
  at.make([](auto& how) { how.open_files = 4; });
  std::vector<std::unique_ptr<reactor::log_channel>> channels;
  for (int i = 0; i < 20; ++i) channels.push_back(at.open("s" + std::to_string(i)));
  for (int round = 0; round < 3; ++round) {
    for (const auto& each : channels) test::put(each->stdout_fd(), "line\n");
    at.until([&] {
      return std::all_of(channels.begin(), channels.end(),
                         [&](const auto& each) { return each->bytes() == 5u * (round + 1u); });
    });
  }
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(test::read_all(log_of(at, "s" + std::to_string(i))) == "line\nline\nline\n");
}

BOOST_AUTO_TEST_SUITE_END()

#include "reactor/keeper/keeper_link.hpp"

#include <csignal>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include "fixture.hpp"
#include "reactor/task_scope.hpp"
#include "support/await.hpp"

using namespace aurora;
using namespace aurora::test;
namespace asio = boost::asio;
using keeper::kind;
using keeper::verb;
using reactor::keeper_link;

namespace {

/// The test plays the keeper.
struct link_fixture {
  link_fixture() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    keepers = ends[0];
    reactors = ends[1];
  }
  ~link_fixture() {
    if (link) await(loop, link->stop());
    close_keeper();
  }

  void close_keeper() {
    if (keepers >= 0) ::close(std::exchange(keepers, -1));
  }
  void say_begin() {
    keeper::message text;
    text.what = verb::begin;
    text.count = 0;
    text.begin = {3, 4711, keeper::standing::settled};
    BOOST_REQUIRE((keeper::send(keepers, text) == keeper::sending::done));
  }
  void say_ended(pid_t pid, int status) {
    keeper::message text;
    text.what = verb::ended;
    text.count = 1;
    text.ends[0] = {1'000, pid, status};
    BOOST_REQUIRE((keeper::send(keepers, text) == keeper::sending::done));
  }
  void take_over() {
    say_begin();
    link = keeper_link::take_over(loop.get_executor(), std::exchange(reactors, -1)).value();
  }
  /// The next message, or nothing.
  std::optional<keeper::message> next() {
    keeper::parcel got;
    if (keeper::receive(keepers, got, MSG_DONTWAIT) != keeper::receiving::message)
      return std::nullopt;
    while (got.fds_in > 0) ::close(got.fds[--got.fds_in]);
    return got.what;
  }
  void turn() {
    loop.restart();
    loop.poll();
  }

  asio::io_context loop;
  std::unique_ptr<keeper_link> link;
  int keepers = -1, reactors = -1;
};

asio::awaitable<void> note_end(keeper_link& link, pid_t pid, std::vector<exit_status>& into) {
  const auto status = co_await link.ended(pid);
  into.push_back(status);
}

/// A reactor with a loop of its own, in the keeper's child: it lives as long as its keeper is
/// there.
int live_until_gone(int link_fd, fake_reactor& self) {
  asio::io_context loop;
  auto link = keeper_link::take_over(loop.get_executor(), link_fd).value();
  bool gone = false;
  link->on_gone = [&] { gone = true; };
  link->start();
  link->ready();
  self.report("keeper " + std::to_string(link->keeper_pid() == ::getppid()));
  run_until(loop, [&] { return gone; });
  self.report(link->alive() ? "alive" : "gone");
  const auto status = await(loop, link->ended(1));
  self.report(status == exit_status{} ? "unknown" : "known");
  link->settled(1);
  link->leaving(0);
  await(loop, link->stop());
  self.report("lives");
  return 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_link, link_fixture)

BOOST_AUTO_TEST_CASE(takes_over) {
  BOOST_TEST_MESSAGE("What is handed over before `begin` is there from the start");
  const pipe_ends pipe;
  keeper::message text;
  text.what = verb::hold;
  text.count = 1;
  text.keys[0] = {-5, kind::log, 3, "web"};
  BOOST_REQUIRE((keeper::send(keepers, text, &pipe.in) == keeper::sending::done));
  say_ended(42, 3 << 8);
  take_over();
  const auto held = link->take_held();
  BOOST_REQUIRE(held.size() == 1U);
  BOOST_TEST((held[0].kind == kind::log && held[0].name == "web" && held[0].number == -5));
  BOOST_TEST(::write(pipe.out, "x", 1) == 1);
  char byte = 0;
  BOOST_TEST(::read(held[0].fd.get(), &byte, 1) == 1);
  BOOST_TEST(link->take_held().empty());
  BOOST_TEST((link->status_of(42) == exit_status::exited(3)));
  BOOST_TEST(!link->status_of(43));
  BOOST_TEST((link->ended_processes().at(0).when == instant(std::chrono::microseconds(1))));
  BOOST_TEST(link->generation() == 3U);
  BOOST_TEST(link->keeper_pid() == 4711);
  ::close(pipe.in);
  ::close(pipe.out);
}

BOOST_AUTO_TEST_CASE(a_keeper_that_is_gone_is_an_error) {
  BOOST_TEST_MESSAGE("Without a `begin` there is no link, and no descriptor stays open");
  close_keeper();
  const int fd = std::exchange(reactors, -1);
  BOOST_TEST(keeper_link::take_over(loop.get_executor(), fd).has_error());
  BOOST_TEST(::close(fd) == -1);
}

BOOST_AUTO_TEST_CASE(every_waiter_is_told) {
  BOOST_TEST_MESSAGE("Several wait for one end, and each is told, though one settles it at once");
  take_over();
  link->start();
  reactor::task_scope tasks(loop.get_executor());
  std::vector<exit_status> told;
  for (int n = 0; n < 3; ++n) tasks.spawn(note_end(*link, 42, told));
  turn();
  say_ended(42, SIGSEGV | 0x80);
  run_until(loop, [&] { return link->status_of(42).has_value(); });
  link->settled(42);
  await(loop, tasks.join());
  BOOST_TEST(told.size() == 3U);
  for (const auto& one : told) BOOST_TEST((one == exit_status::killed(SIGSEGV, true)));
  BOOST_TEST(!link->status_of(42));
  say_ended(43, 0);
  BOOST_TEST((await(loop, link->ended(43)) == exit_status::exited(0)));
  BOOST_TEST((await(loop, link->ended(43)) == exit_status::exited(0)), "and again");
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_leaves_the_others) {
  BOOST_TEST_MESSAGE("Cancelling one waiter neither answers nor cancels another one");
  take_over();
  link->start();
  reactor::task_scope tasks(loop.get_executor());
  std::vector<exit_status> told;
  auto& first = tasks.spawn(note_end(*link, 42, told));
  tasks.spawn(note_end(*link, 42, told));
  turn();
  first.emit(asio::cancellation_type::terminal);
  run_until(loop, [&] { return tasks.size() == 1; });
  BOOST_TEST(told.empty());
  say_ended(42, 0);
  await(loop, tasks.join());
  BOOST_TEST(told.size() == 1U);
}

BOOST_AUTO_TEST_CASE(batches_in_order) {
  BOOST_TEST_MESSAGE("The holds of a turn are one message; the order of all that is said is kept");
  take_over();
  link->start();
  turn();
  const pipe_ends pipe;
  for (int n = 0; n < 40; ++n) BOOST_TEST(link->hold(kind::log, "web", n, pipe.in));
  link->release(kind::log, "web", 0);
  link->hold(kind::log, "web", 0, pipe.in);
  link->settled(1);
  link->settled(2);
  link->ready();
  link->notify("READY=1");
  BOOST_TEST(!next(), "not within the turn");
  ::close(pipe.in);  // the link has duplicates
  turn();
  const std::vector<std::pair<verb, std::uint32_t>> wanted = {
      {verb::hold, 32},   {verb::hold, 8},  {verb::release, 1}, {verb::hold, 1},
      {verb::settled, 2}, {verb::ready, 0}, {verb::notify, 7}};
  for (const auto& [what, count] : wanted) {
    const auto got = next();
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST((got->what == what && got->count == count));
  }
  BOOST_TEST(!next());
  ::close(pipe.out);
}

BOOST_AUTO_TEST_CASE(flush_is_now) {
  BOOST_TEST_MESSAGE("flush sends at once; a name that is too long is refused");
  take_over();
  const pipe_ends pipe;
  link->hold(kind::process, "web", 12, pipe.in);
  link->flush();
  const auto got = next();
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->what == verb::hold && got->keys[0].number == 12));
  BOOST_TEST(!link->hold(kind::log, std::string(81, 'x'), 0, pipe.in));
  ::close(pipe.in);
  ::close(pipe.out);
}

BOOST_AUTO_TEST_CASE(a_full_link_loses_nothing) {
  BOOST_TEST_MESSAGE("While the keeper does not read, what is said waits, and the loop goes on");
  take_over();
  link->start();
  const pipe_ends pipe;
  constexpr int count = 5'000;
  for (int n = 0; n < count; ++n) {
    link->hold(kind::log, "web", n, pipe.in);
    if (n % 20 == 0) turn();
  }
  int heard = 0;
  run_until(loop, [&] {
    loop.poll();
    while (const auto got = next()) {
      for (std::uint32_t i = 0; i < got->count; ++i) BOOST_REQUIRE(got->keys[i].number == heard++);
    }
    return heard == count;
  });
  ::close(pipe.in);
  ::close(pipe.out);
}

BOOST_AUTO_TEST_CASE(leaving_is_sent_by_stop) {
  BOOST_TEST_MESSAGE("What was said last is sent before the link ends, started or not");
  take_over();
  link->leaving(9);
  await(loop, link->stop());
  const auto got = next();
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->what == verb::leaving && got->code == 9));
}

BOOST_AUTO_TEST_CASE(a_keeper_that_never_reads) {
  BOOST_TEST_MESSAGE("A link that stays full holds up the end for a second, not for ever");
  take_over();
  link->start();
  const pipe_ends pipe;
  for (int n = 0; n < 5'000; ++n) link->hold(kind::log, "web", n, pipe.in);
  turn();
  await(loop, link->stop());
  int heard = 0;
  while (const auto got = next()) heard += static_cast<int>(got->count);
  BOOST_TEST((heard > 0 && heard < 5'000));
  ::close(pipe.in);
  ::close(pipe.out);
}

BOOST_AUTO_TEST_CASE(a_keeper_that_ends) {
  BOOST_TEST_MESSAGE("Its end is told once; who waits gets `unknown`, and saying on is no fault");
  take_over();
  int gone = 0;
  link->on_gone = [&] { ++gone; };
  link->start();
  reactor::task_scope tasks(loop.get_executor());
  std::vector<exit_status> told;
  tasks.spawn(note_end(*link, 42, told));
  turn();
  say_ended(41, 0);
  close_keeper();
  const pipe_ends pipe;
  link->hold(kind::log, "web", 0, pipe.in);
  link->flush();
  await(loop, tasks.join());
  BOOST_TEST(!link->alive());
  BOOST_TEST((told.at(0) == exit_status{}));
  BOOST_TEST((link->status_of(41) == exit_status::exited(0)), "what it had said counts");
  link->settled(41);
  link->flush();
  await(loop, link->stop());
  BOOST_TEST(gone == 1);
  ::close(pipe.in);
  ::close(pipe.out);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_reactor_outlives_its_keeper) {
  BOOST_TEST_MESSAGE("M02: a keeper that is killed takes no reactor along; that one is told");
  kept one([](fake_reactor& self) { return live_until_gone(self.link(), self); });
  BOOST_TEST(one.line() == "keeper 1");
  one.signal(SIGKILL);
  BOOST_TEST(one.line() == "gone");
  BOOST_TEST(one.line() == "unknown");
  BOOST_TEST(one.line() == "lives");
  BOOST_TEST(one.line() == "", "it ends by itself");
}

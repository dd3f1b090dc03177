#include <csignal>

#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using keeper::kind;
using keeper::verb;

namespace {

/// "signal 9, exit 3": what was told of a pid.
std::string statuses_of(const fake_reactor& self, pid_t pid) {
  std::string all;
  const auto [from, to] = self.statuses.equal_range(pid);
  for (auto it = from; it != to; ++it) all += (all.empty() ? "" : ", ") + told(it->second);
  return all.empty() ? "nothing" : all;
}

pid_t only_process(const fake_reactor& self) {
  for (const auto& [key, fd] : self.held)
    if (key.starts_with("2 ")) return std::stoi(key.substr(key.rfind(' ') + 1));
  return 0;
}

bool nothing_more(int link) {
  pollfd state{link, POLLIN, 0};
  return ::poll(&state, 1, 0) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(statuses)

BOOST_AUTO_TEST_CASE(ended_while_no_reactor_lived) {
  BOOST_TEST_MESSAGE("A registered process that ended in the gap is told until it is settled");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends gate;
      const pid_t child = fork_waiting(gate, 42);
      const int pidfd = pidfd_of(child);
      self.hold(kind::process, "web", child, pidfd);
      self.ready();
      BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
      await_end(pidfd);
      self.crash();
    }
    const pid_t child = only_process(self);
    self.report(statuses_of(self, child));
    if (self.generation == 1) self.crash();
    self.ready();
    if (self.generation == 2) self.settled(child);
    if (self.generation < 3) self.crash();
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "exit 42");
  BOOST_TEST(one.line() == "exit 42");
  BOOST_TEST(one.line() == "nothing");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(ends_under_a_later_reactor) {
  BOOST_TEST_MESSAGE(
      "A process that outlives its reactor is told to the next one as it ends, once");
  const pipe_ends gate;
  kept one([&gate](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pid_t child = fork_waiting(gate, -SIGTERM);
      self.hold(kind::process, "web", child, pidfd_of(child));
      self.ready();
      self.crash();
    }
    self.ready();
    const pid_t child = only_process(self);
    self.report(statuses_of(self, child));
    self.report(self.hear() == verb::ended ? statuses_of(self, child) : "another message");
    self.settled(child);
    self.release(kind::process, "web", child);
    self.report(nothing_more(self.link()) ? "once" : "again");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "nothing");
  BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
  BOOST_TEST(one.line() == "signal 15");
  BOOST_TEST(one.line() == "once");
  BOOST_TEST(one.code() == 0);
  ::close(gate.in);
  ::close(gate.out);
}

BOOST_AUTO_TEST_CASE(not_registered_in_time) {
  BOOST_TEST_MESSAGE("A process forked a moment before the crash is told though nobody knew of it");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      self.ready();
      const pipe_ends gate;
      const pid_t child = fork_waiting(gate, 5);
      BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
      await_end(pidfd_of(child));
      self.report(std::to_string(child));
      self.crash();
    }
    const pid_t child = std::stoi(self.order());
    self.report(statuses_of(self, child));
    if (self.generation == 2) self.ready();
    if (self.generation < 3) self.crash();
    self.leaving(0);
    return 0;
  });
  const auto pid = one.line();
  one.order(pid);
  BOOST_TEST(one.line() == "exit 5", "to the first");
  one.order(pid);
  BOOST_TEST(one.line() == "exit 5", "to the second, as nobody was ready");
  one.order(pid);
  BOOST_TEST(one.line() == "nothing", "after one was ready");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(registered_after_its_end) {
  BOOST_TEST_MESSAGE("An orphan that ends just before it is registered is told all the same");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    const pipe_ends gate, names;
    const pid_t child = ::fork();
    if (child == 0) {
      const pid_t orphan = fork_waiting(gate, 9);
      ::_exit(::write(names.out, &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    pid_t orphan = 0;
    BOOST_REQUIRE(::read(names.in, &orphan, sizeof orphan) == sizeof orphan);
    ::waitpid(child, nullptr, 0);
    const int pidfd = pidfd_of(orphan);
    BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
    await_end(pidfd);
    while (::kill(orphan, 0) == 0) ::sched_yield();  // until the keeper has reaped it
    self.hold(kind::process, "web", orphan, pidfd);
    self.report(self.hear() == verb::ended ? statuses_of(self, orphan) : "another message");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "exit 9");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(a_recycled_pid) {
  BOOST_TEST_MESSAGE("The end of a stranger is not that of an earlier process of the same pid");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends gate;
      const pid_t other = fork_waiting(gate, 1);
      const int dead = pidfd_of(other);
      BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
      ::waitpid(other, nullptr, 0);
      // What the table would look like had `child` got the number of `other`.
      const pid_t child = fork_waiting(gate, 2);
      self.hold(kind::process, "web", child, dead);
      self.ready();
      BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
      await_end(pidfd_of(child));
      self.crash();
    }
    const pid_t child = only_process(self);
    self.report(statuses_of(self, child));
    self.ready();
    if (self.generation == 1) self.crash();
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "exit 2", "as one that nobody had registered yet");
  BOOST_TEST(one.line() == "nothing", "as of the registered one, it would be kept");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(held_anew_keeps_the_end) {
  BOOST_TEST_MESSAGE(
      "A reactor that registers again what ended meanwhile does not lose its status");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends gate;
      const pid_t child = fork_waiting(gate, 3);
      const int pidfd = pidfd_of(child);
      self.hold(kind::process, "web", child, pidfd);
      BOOST_REQUIRE(::write(gate.out, "x", 1) == 1);
      await_end(pidfd);
      self.crash();
    }
    const pid_t child = only_process(self);
    self.report(statuses_of(self, child));
    self.hold(kind::process, "web", child, self.held.begin()->second);
    self.ready();
    if (self.generation == 1) self.crash();
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "exit 3");
  BOOST_TEST(one.line() == "exit 3");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(a_process_forbids_giving_up) {
  BOOST_TEST_MESSAGE("With a process in its care the keeper goes on, though none was ever ready");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends gate;
      const pid_t child = fork_waiting(gate, 0);
      self.hold(kind::process, "web", child, pidfd_of(child));
      return 1;  // the gate closes, the child ends
    }
    self.leaving(2);
    return 0;
  });
  BOOST_TEST(one.code() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

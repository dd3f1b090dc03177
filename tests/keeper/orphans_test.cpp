#include <csignal>
#include <ctime>
#include <fstream>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using keeper::kind;
using keeper::verb;

namespace {

constexpr int storm = 10'000;

/// Makes orphans that end at once, in portions that fit into any limit of processes.
void make_orphans(int count) {
  constexpr int portion = 500;
  for (int made = 0; made < count; made += portion) {
    const pid_t parent = ::fork();
    if (parent == 0) {
      for (int n = 0; n < portion; ++n)
        if (::fork() == 0) ::_exit(n & 0x7f);
      ::_exit(0);
    }
    ::waitpid(parent, nullptr, 0);
  }
}

int children_of(pid_t pid) {
  const auto id = std::to_string(pid);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  int count = 0;
  for (pid_t child = 0; file >> child;) ++count;
  return count;
}

double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 1e9;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// A registered process ends amid the storm, and is the only one whose end is told.
int ride_out_the_storm(fake_reactor& self) {
  self.begin();
  if (self.generation == 0) {
    const pipe_ends gate;
    const pid_t child = fork_waiting(gate, 77);
    self.hold(kind::process, "web", child, pidfd_of(child));
    self.ready();
    ::_exit(0);  // the keeper inherits the child, and the gate closes
  }
  self.ready();
  const double before = cpu_seconds(self.keeper_pid);
  make_orphans(storm);
  while (children_of(self.keeper_pid) > 1) ::sched_yield();
  const double took = cpu_seconds(self.keeper_pid) - before;
  self.report(took < 1.0 ? "in time" : "in " + std::to_string(took) + " s");
  while (self.statuses.empty()) self.hear();
  self.report(std::to_string(self.statuses.size()) + " " + told(self.statuses.begin()->second));
  self.leaving(0);
  return 0;
}

/// Whether a keeper here can be pid 1 with a /proc of its own; says so where it cannot.
bool can_be_pid_1() {
  const pid_t probe = ::fork();
  if (probe == 0) ::_exit(::unshare(CLONE_NEWPID | CLONE_NEWNS) == 0 ? 0 : 1);
  int status = 1;
  ::waitpid(probe, &status, 0);
  if (status != 0) BOOST_TEST_MESSAGE("could not run: needs to make a pid namespace");
  return status == 0;
}

/// The caller becomes pid 1 of a namespace; its parent ends as it does.
void become_pid_1() {
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(90);
  const pid_t first = ::fork();
  if (first != 0) {
    int status = 0;
    ::waitpid(first, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 91);
  }
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (::mount("proc", "/proc", "proc", 0, nullptr) != 0 || ::getpid() != 1) ::_exit(92);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(orphans)

BOOST_AUTO_TEST_CASE(as_subreaper) {
  BOOST_TEST_MESSAGE("P06: 10,000 orphans are reaped within a second of processor time");
  kept one(ride_out_the_storm);
  BOOST_TEST(one.line() == "in time");
  BOOST_TEST(one.line() == "1 exit 77");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(as_pid_1) {
  BOOST_TEST_MESSAGE("P05: the same as pid 1 of a container, where signals from inside arrive too");
  if (!can_be_pid_1()) return;
  kept one(
      [](fake_reactor& self) {
        const int code = ride_out_the_storm(self);
        ::kill(1, SIGTERM);
        self.report(self.keeper_pid == 1 && self.signal() == SIGTERM ? "TERM" : "another");
        return code;
      },
      become_pid_1);
  BOOST_TEST(one.line() == "in time");
  BOOST_TEST(one.line() == "1 exit 77");
  BOOST_TEST(one.line() == "TERM");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

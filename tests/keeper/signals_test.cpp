#include <csignal>
#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

std::string name_of(int signal) { return sigabbrev_np(signal); }

}  // namespace

BOOST_AUTO_TEST_SUITE(signals)

BOOST_AUTO_TEST_CASE(are_passed_on_once) {
  BOOST_TEST_MESSAGE("Each of the five signals reaches the reactor once, and no other one does");
  kept one([](fake_reactor& self) {
    self.begin();
    self.report("up");
    for (int last = 0; last != SIGTERM;) {
      last = self.signal();
      self.report(name_of(last));
    }
    sigset_t pending;
    ::sigpending(&pending);
    bool none = true;
    for (int number = 1; number < 32; ++number)
      none = none && (number == SIGCHLD || sigismember(&pending, number) == 0);
    self.report(none ? "none" : "more");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "up");
  for (const int number : {SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE, SIGUSR2, SIGTSTP, SIGHUP, SIGALRM,
                           SIGINT, SIGWINCH, SIGTERM}) {
    one.signal(number);
    if (number != SIGQUIT && number != SIGPIPE && number != SIGTSTP && number != SIGALRM &&
        number != SIGWINCH)
      BOOST_TEST(one.line() == name_of(number));
  }
  BOOST_TEST(one.line() == "none");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(wait_for_the_next_reactor) {
  BOOST_TEST_MESSAGE("A signal while no reactor lives is given to the next; a stop starts it now");
  constexpr int crashes = 7;
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation < crashes) self.crash();
    std::string got;
    while (got.find("TERM") == std::string::npos) got += name_of(self.signal()) + " ";
    self.report(got);
    self.leaving(0);
    return 0;
  });
  for (int n = 0; n < crashes; ++n) {
    const auto line = one.complaint();
    if (n == crashes - 1) BOOST_TEST(line.find(" in 3200 ms") != std::string::npos, line);
  }
  timespec before{}, after{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  one.signal(SIGUSR1);
  one.signal(SIGTERM);
  // By number, which is the order of those that are pending.
  BOOST_TEST(one.line() == "USR1 TERM ");
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  BOOST_TEST(after.tv_sec - before.tv_sec <= 2);
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(a_stop_outlives_a_crash) {
  BOOST_TEST_MESSAGE("A reactor killed while it stops is followed by one that is told to stop");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    self.report("up");
    self.report(name_of(self.signal()));
    if (self.generation == 0) self.crash();
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "up");
  one.signal(SIGTERM);
  BOOST_TEST(one.line() == "TERM");
  BOOST_TEST(one.line() == "up");
  BOOST_TEST(one.line() == "TERM");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(before_the_handlers_stand) {
  BOOST_TEST_MESSAGE(
      "A signal that comes before the reactor listens waits for it, and kills nobody");
  kept one([](fake_reactor& self) {
    self.report("up");
    self.order();
    self.report(name_of(self.signal()));
    self.begin();
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "up");
  one.signal(SIGTERM);
  one.order("listen");
  BOOST_TEST(one.line() == "TERM");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(with_sigchld_ignored) {
  BOOST_TEST_MESSAGE("A launcher that ignored SIGCHLD costs no status");
  kept one(
      [](fake_reactor& self) {
        self.begin();
        if (self.generation == 0) self.crash();
        self.leaving(0);
        return 0;
      },
      [] { ::signal(SIGCHLD, SIG_IGN); });
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora::test;
using aurora::keeper::kind;
using aurora::keeper::standing;
using aurora::keeper::verb;

namespace {

void offer(fake_reactor& self, const char* program) {
  const int fd = ::open(program, O_PATH | O_CLOEXEC);
  self.hold(kind::program, "", 0, fd);
  self.send(verb::replace);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replacing)

BOOST_AUTO_TEST_CASE(goes_back_from_a_program_that_ends) {
  BOOST_TEST_MESSAGE(
      "The next reactor is of the program that is held; when it ends on trial, one of this program "
      "goes on, is told so, and has what was held before");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends log;
      self.hold(kind::log, "web", 0, log.in);
      self.ready();
      offer(self, "/bin/false");
      return 0;
    }
    self.report(self.generation == 2 && self.standing == standing::gone_back ? "gone back"
                                                                             : "settled");
    self.report(std::to_string(self.held.count("1 web 0")) + " of the logs, " +
                std::to_string(self.held.size()) + " in all");
    if (self.generation == 2) self.crash();
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "gone back");
  BOOST_TEST(one.line() == "1 of the logs, 1 in all");
  BOOST_TEST(one.line() == "settled");
  BOOST_TEST(one.line() == "1 of the logs, 1 in all");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(goes_back_from_what_is_no_program) {
  BOOST_TEST_MESSAGE("What cannot be executed at all is gone back from, and told");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      self.ready();
      offer(self, "/etc/passwd");
      return 0;
    }
    self.leaving(self.standing == standing::gone_back ? 7 : 8);
    return 0;
  });
  BOOST_TEST(one.complaint().find("cannot execute") != std::string::npos);
  BOOST_TEST(one.code() == 7);
}

BOOST_AUTO_TEST_CASE(goes_back_before_any_was_ready) {
  BOOST_TEST_MESSAGE(
      "A first reactor that is to be replaced has not given up, nor has its successor");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      offer(self, "/bin/false");
      return 0;
    }
    self.leaving(self.standing == standing::gone_back ? 7 : 8);
    return 0;
  });
  BOOST_TEST(one.code() == 7);
}

BOOST_AUTO_TEST_CASE(starts_under_a_limit_of_file_sizes) {
  BOOST_TEST_MESSAGE("Where its memory can be no file the keeper keeps what it holds all the same");
  kept one(
      [](fake_reactor& self) {
        self.begin();
        if (self.generation == 0) {
          const pipe_ends log;
          self.hold(kind::log, "web", 0, log.in);
          self.ready();
          self.crash();
        }
        self.leaving(static_cast<int>(self.held.size()));
        return 0;
      },
      [] {
        const rlimit small{4096, 4096};
        ::setrlimit(RLIMIT_FSIZE, &small);
      });
  BOOST_TEST(one.code() == 1);
}

BOOST_AUTO_TEST_CASE(a_crash_before_the_word_is_no_upgrade) {
  BOOST_TEST_MESSAGE("A program that is held without `replace` is not executed");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      self.ready();
      self.hold(kind::program, "", 0, ::open("/bin/false", O_PATH | O_CLOEXEC));
      self.crash();
    }
    self.leaving(self.generation == 1 && self.standing == standing::settled ? 7 : 8);
    return 0;
  });
  BOOST_TEST(one.code() == 7);
}

BOOST_AUTO_TEST_SUITE_END()

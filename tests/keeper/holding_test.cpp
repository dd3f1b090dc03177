#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using keeper::kind;

namespace {

std::string keys_of(const fake_reactor& self) {
  std::string all;
  for (const auto& [key, fd] : self.held) all += (all.empty() ? "" : ", ") + key;
  return all;
}

/// As many as there can be: 20,000 need a limit that only root can have here and there.
int many() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit wanted{25'000, std::max<rlim_t>(25'000, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return 20'000;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_max, 20'100)) - 100;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(holding)

BOOST_AUTO_TEST_CASE(a_descriptor_comes_back_usable) {
  BOOST_TEST_MESSAGE("A pipe held over a crash still has what was in it");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends pipe;
      BOOST_REQUIRE(::write(pipe.out, "last words", 10) == 10);
      self.hold(kind::log, "web", 0, pipe.in);
      self.crash();
    }
    char text[20]{};
    self.report(::read(self.held.at("1 web 0"), text, sizeof text) == 10 ? text : "lost");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "last words");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(keys_replace_and_release) {
  BOOST_TEST_MESSAGE(
      "The same key replaces, a release forgets, and kind, name and number all count");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends first, second;
      BOOST_REQUIRE(::write(second.out, "second", 6) == 6);
      self.hold(kind::log, "web", 0, first.in);
      self.hold(kind::log, "web", 0, second.in);
      self.hold(kind::log, "web", 1, first.in);
      self.hold(kind::socket, "web", 0, first.in);
      self.hold(kind::lock, std::string(80, 'x'), -1, first.in);
      self.hold(kind::log, "gone", 0, first.in);
      self.release(kind::log, "gone", 0);
      self.release(kind::log, "never was", 0);
      self.crash();
    }
    self.report(keys_of(self));
    char text[20]{};
    self.report(::read(self.held.at("1 web 0"), text, sizeof text) == 6 ? text : "lost");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "0 " + std::string(80, 'x') + " -1, 1 web 0, 1 web 1, 3 web 0");
  BOOST_TEST(one.line() == "second");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(the_keeper_alone_has_them) {
  BOOST_TEST_MESSAGE("A reactor inherits none of what is held: a release really closes");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends pipe;
      self.hold(kind::log, "reader", 0, pipe.in);
      self.hold(kind::log, "writer", 0, pipe.out);
      self.crash();
    }
    self.release(kind::log, "writer", 0);
    ::close(self.held.at("1 writer 0"));
    char byte = 0;
    self.report(::read(self.held.at("1 reader 0"), &byte, 1) == 0 ? "end of file" : "more");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "end of file");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(a_reactor_that_does_not_read) {
  BOOST_TEST_MESSAGE("While 20,000 descriptors wait to be handed over the keeper serves signals");
  const int count = many();
  kept one([count](fake_reactor& self) {
    if (self.order() == "fill") {
      self.begin();
      const pipe_ends pipe;
      for (int n = 0; n < count; ++n) self.hold(kind::log, "web", n, pipe.in);
      self.crash();
    }
    self.report("up");
    self.report(self.signal() == SIGHUP ? "HUP" : "other");
    self.begin();
    self.report(std::to_string(self.held.size()));
    self.leaving(0);
    return 0;
  });
  one.order("fill");
  one.order("wait");
  BOOST_TEST(one.line() == "up");
  one.signal(SIGHUP);
  BOOST_TEST(one.line() == "HUP");
  BOOST_TEST(one.line() == std::to_string(count));
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(said_with_unread_messages) {
  BOOST_TEST_MESSAGE("What a reactor said counts, though it died with messages it had not read");
  kept one([](fake_reactor& self) {
    const auto order = self.order();
    if (order != "blind") self.begin();
    const pipe_ends pipe;
    if (order == "first") {
      for (int n = 0; n < 100; ++n) self.hold(kind::log, "web", n, pipe.in);
      self.crash();
    }
    if (order == "blind") {
      self.hold(kind::log, "blind", 0, pipe.in);
      self.release(kind::log, "web", 0);
      self.crash();
    }
    self.report(self.held.count("1 blind 0") == 1 ? "heard" : "lost");
    self.report(std::to_string(self.held.size()));
    self.leaving(0);
    return 0;
  });
  for (const auto order : {"first", "blind", "look"}) one.order(order);
  BOOST_TEST(one.line() == "heard");
  BOOST_TEST(one.line() == "100");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

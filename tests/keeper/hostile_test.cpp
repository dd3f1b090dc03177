#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.hpp"

using namespace aurora;
using namespace aurora::test;
using keeper::kind;
using keeper::message;
using keeper::verb;

namespace {

void send_raw(int link, const void* bytes, std::size_t size, const int* fds = nullptr,
              std::size_t count = 0) {
  iovec data{const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 250)]{};
  msghdr head{};
  head.msg_iov = &data;
  head.msg_iovlen = 1;
  if (count > 0) {
    head.msg_control = control;
    head.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr* rights = CMSG_FIRSTHDR(&head);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(rights), fds, sizeof(int) * count);
  }
  if (::sendmsg(link, &head, MSG_NOSIGNAL) < 0) throw std::runtime_error("cannot send");
}

/// Each is of no use to anybody; some carry descriptors, which nobody may keep open.
void send_nonsense(fake_reactor& self, int fd) {
  const std::vector<int> many(200, fd);
  send_raw(self.link(), "", 0);
  send_raw(self.link(), "", 0, &fd, 1);
  send_raw(self.link(), "x", 1);
  const std::vector<char> huge(20'000, 'x');
  send_raw(self.link(), huge.data(), huge.size(), many.data(), many.size());
  message text{};
  for (const std::uint32_t what : {0U, 1U, 2U, 5U, 6U, 7U, 99U, ~0U}) {
    for (const std::uint32_t count : {0U, 33U, 200U, 5000U, ~0U}) {
      text.what = static_cast<verb>(what);
      text.count = count;
      send_raw(self.link(), &text, sizeof text - 8, many.data(), 33);
    }
  }
  text.what = verb::hold;
  text.count = 1;
  const std::size_t one_key = keeper::size_of(text);
  send_raw(self.link(), &text, one_key);                      // no descriptor
  send_raw(self.link(), &text, one_key, many.data(), 2);      // one too many
  send_raw(self.link(), &text, one_key - 1, many.data(), 1);  // cut
  text.keys[0].length = 200;
  send_raw(self.link(), &text, one_key, &fd, 1);
  text.keys[0].length = 1;
  text.keys[0].what = static_cast<kind>(77);
  send_raw(self.link(), &text, one_key, &fd, 1);
  text.keys[0].length = 255;
  text.what = verb::release;
  send_raw(self.link(), &text, one_key);
  send_raw(self.link(), &text, one_key, &fd, 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(malformed_messages) {
  BOOST_TEST_MESSAGE(
      "Nonsense is ignored, its descriptors are closed, and the next message counts");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const pipe_ends pipe;
      send_nonsense(self, pipe.out);
      self.hold(kind::log, "web", 0, pipe.in);
      self.crash();
    }
    self.report(std::to_string(self.held.size()) + " " + self.held.begin()->first);
    char byte = 0;
    self.report(::read(self.held.at("1 web 0"), &byte, 1) == 0 ? "all closed" : "one is open");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "1 1 web 0");
  BOOST_TEST(one.line() == "all closed");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(an_empty_packet_is_not_the_end) {
  BOOST_TEST_MESSAGE(
      "What follows an empty packet is heard, though the reactor has ended meanwhile");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      ::kill(self.keeper_pid, SIGSTOP);
      const pipe_ends pipe;
      send_raw(self.link(), "", 0);
      self.hold(kind::log, "web", 0, pipe.in);
      self.report(std::to_string(::getpid()));
      self.crash();
    }
    self.report(std::to_string(self.held.size()));
    self.leaving(0);
    return 0;
  });
  const int pidfd = pidfd_of(std::stoi(one.line()));
  await_end(pidfd);
  ::close(pidfd);
  one.signal(SIGCONT);
  BOOST_TEST(one.line() == "1");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(a_link_shut_for_writing) {
  BOOST_TEST_MESSAGE("A half-closed link costs the keeper no processor time");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    if (self.generation == 0) {
      ::shutdown(self.link(), SHUT_WR);
      clockid_t clock{};
      timespec used{};
      ::clock_getcpuclockid(self.keeper_pid, &clock);
      // So long that a keeper that spins would have used it up.
      pollfd nothing{-1, 0, 0};
      ::poll(&nothing, 1, 300);
      ::clock_gettime(clock, &used);
      self.report(used.tv_sec == 0 && used.tv_nsec < 100'000'000 ? "idle" : "spins");
      self.crash();
    }
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "idle");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(out_of_descriptors) {
  BOOST_TEST_MESSAGE("At its limit the keeper says so once, and still starts the reactor again");
  kept one([](fake_reactor& self) {
    self.begin();
    if (self.generation == 0) {
      const rlimit few{50, 50};
      BOOST_REQUIRE(::prlimit(self.keeper_pid, RLIMIT_NOFILE, &few, nullptr) == 0);
      const pipe_ends pipe;
      for (int n = 0; n < 100; ++n) self.hold(kind::log, "web", n, pipe.in);
      message batch;
      batch.what = verb::hold;
      batch.count = keeper::most_keys;
      const std::vector<int> fds(keeper::most_keys, pipe.in);
      for (std::uint32_t n = 0; n < batch.count; ++n) {
        batch.keys[n] = keeper::held_key{};
        batch.keys[n].number = 1000 + n;
      }
      self.send(batch, fds.data());
      self.crash();
    }
    self.report(self.held.size() > 10 && self.held.size() < 50 ? "some" : "not some");
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "some");
  BOOST_TEST(one.complaint().find("cannot hold more descriptors") != std::string::npos);
  BOOST_TEST(one.complaint().find("killed by SIGKILL") != std::string::npos);
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(a_link_closed_early) {
  BOOST_TEST_MESSAGE("A reactor that closes its link is waited for, and told nothing");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    if (self.generation == 0) {
      ::close(self.link());
      self.report("closed");
      self.order();
      self.crash();
    }
    self.leaving(0);
    return 0;
  });
  BOOST_TEST(one.line() == "closed");
  one.order("go");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(nobody_reads_its_words) {
  BOOST_TEST_MESSAGE("A full pipe as stderr does not stop the keeper");
  kept one(
      [](fake_reactor& self) {
        self.begin();
        if (self.generation < 2) self.crash();
        self.leaving(0);
        return 0;
      },
      [] {
        const pipe_ends full;
        ::fcntl(full.out, F_SETFL, O_NONBLOCK);
        const std::vector<char> much(1 << 20, 'x');
        while (::write(full.out, much.data(), much.size()) > 0) {
        }
        ::fcntl(full.out, F_SETFL, 0);
        ::dup2(full.out, STDERR_FILENO);
      });
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

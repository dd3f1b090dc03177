#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.hpp"
#include "support/temp_dir.hpp"

using namespace aurora;
using namespace aurora::test;

namespace {

long long monotonic_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1'000'000;
}

/// "the reactor (pid 12) was" without the number.
std::string without_pid(std::string line) {
  const auto from = line.find("(pid ");
  return line.erase(from, line.find(')') - from + 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ending)

BOOST_AUTO_TEST_CASE(leaving_is_the_exit_code) {
  BOOST_TEST_MESSAGE("What the reactor said it leaves with is what aurorad exits with");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    self.leaving(7);
    return 0;
  });
  BOOST_TEST(one.code() == 7);
}

BOOST_AUTO_TEST_CASE(leaving_counts_however_it_ends) {
  BOOST_TEST_MESSAGE("A reactor killed after it said that it leaves is not started again");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    self.leaving(0);
    self.crash();
    return 0;
  });
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(giving_up_at_once_is_final) {
  BOOST_TEST_MESSAGE(
      "A first reactor that ends before it was ready (a bad configuration) is final");
  kept one([](fake_reactor&) { return 6; });
  BOOST_TEST(one.code() == 6);
}

BOOST_AUTO_TEST_CASE(an_exit_without_leaving_is_a_crash) {
  BOOST_TEST_MESSAGE("A reactor that was ready and ends without a word is started again");
  kept one([](fake_reactor& self) {
    self.begin();
    self.ready();
    if (self.generation == 1) self.leaving(4);
    return 3;
  });
  BOOST_TEST(one.code() == 4);
  BOOST_TEST(without_pid(one.complaint()) ==
             "aurorad: the reactor ended with code 3; starting it again, services run on");
}

BOOST_AUTO_TEST_CASE(crashes_are_told_and_paced) {
  BOOST_TEST_MESSAGE(
      "The first crash is cured at once, the next ones after 100 ms, 200 ms, 400 ms");
  kept one([](fake_reactor& self) {
    self.begin();
    self.report(std::to_string(monotonic_ms()));
    if (self.generation < 4) self.crash();
    self.leaving(0);
    return 0;
  });
  std::vector<long long> at;
  for (int n = 0; n < 5; ++n) at.push_back(std::stoll(one.line()));
  BOOST_TEST(one.code() == 0);
  BOOST_TEST(at[2] - at[1] >= 99);
  BOOST_TEST(at[3] - at[2] >= 199);
  BOOST_TEST(at[4] - at[3] >= 399);
  const std::string killed = "aurorad: the reactor was killed by SIGKILL; starting it again";
  BOOST_TEST(without_pid(one.complaint()) == killed + ", services run on");
  BOOST_TEST(without_pid(one.complaint()) == killed + " in 100 ms, services run on");
  BOOST_TEST(without_pid(one.complaint()) == killed + " in 200 ms, services run on");
  BOOST_TEST(without_pid(one.complaint()) == killed + " in 400 ms, services run on");
}

BOOST_AUTO_TEST_CASE(a_reactor_of_its_own) {
  BOOST_TEST_MESSAGE("The reactor leads a session, has the original limit, and a generation");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  before.rlim_cur = 512;
  kept one(
      [](fake_reactor& self) {
        self.begin();
        rlimit own{}, keepers{};
        ::getrlimit(RLIMIT_NOFILE, &own);
        ::prlimit(self.keeper_pid, RLIMIT_NOFILE, nullptr, &keepers);
        self.report(std::to_string(own.rlim_cur));
        self.report(keepers.rlim_cur == keepers.rlim_max ? "raised" : "not raised");
        self.report(::getsid(0) == ::getpid() ? "leads" : "follows");
        self.report(self.keeper_pid == ::getppid() ? "parent" : "stranger");
        self.leaving(0);
        return 0;
      },
      [&] { ::setrlimit(RLIMIT_NOFILE, &before); });
  BOOST_TEST(one.line() == "512");
  BOOST_TEST(one.line() == "raised");
  BOOST_TEST(one.line() == "leads");
  BOOST_TEST(one.line() == "parent");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(closed_standard_descriptors) {
  BOOST_TEST_MESSAGE("Launched with 0, 1 and 2 closed, they are the null device, and nothing else");
  kept one(
      [](fake_reactor& self) {
        self.begin();
        const bool open = ::fcntl(0, F_GETFD) == 0 && ::fcntl(1, F_GETFD) == 0 &&
                          ::fcntl(2, F_GETFD) == 0 && self.link() > 2;
        self.report(open ? "open" : "closed");
        if (self.generation == 0) self.crash();
        self.leaving(0);
        return 0;
      },
      [] {
        for (int fd = 0; fd < 3; ++fd) ::close(fd);
      });
  BOOST_TEST(one.line() == "open");
  BOOST_TEST(one.line() == "open");
  BOOST_TEST(one.code() == 0);
}

BOOST_AUTO_TEST_CASE(speaks_to_the_service_manager) {
  BOOST_TEST_MESSAGE(
      "What the reactor notifies is sent by the keeper, to a path or an abstract name");
  const temp_dir directory;
  for (const std::string& name : {directory / "notify", "@" + (directory / "abstract")}) {
    const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    BOOST_REQUIRE(::bind(manager, reinterpret_cast<sockaddr*>(&address), size) == 0);
    const int on = 1;
    ::setsockopt(manager, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    kept one(
        [](fake_reactor& self) {
          self.begin();
          self.notify("READY=1\nSTATUS=supervising");
          self.leaving(0);
          return 0;
        },
        [&] { ::setenv("NOTIFY_SOCKET", name.c_str(), 1); });
    char text[100]{};
    iovec bytes{text, sizeof text};
    char credentials[CMSG_SPACE(sizeof(ucred))];
    msghdr head{nullptr, 0, &bytes, 1, credentials, sizeof credentials, 0};
    ::recvmsg(manager, &head, 0);
    BOOST_TEST(std::string(text) == "READY=1\nSTATUS=supervising");
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(CMSG_FIRSTHDR(&head)), sizeof sender);
    BOOST_TEST(sender.pid == one.pid());
    BOOST_TEST(one.code() == 0);
    ::close(manager);
  }
}

BOOST_AUTO_TEST_SUITE_END()

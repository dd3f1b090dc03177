#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include "reactor/readiness/notify_socket.hpp"

using namespace aurora;
using namespace aurora::reactor;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

template <class Done>
bool run_until(asio::io_context& loop, Done done) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!done()) {
    if (loop.stopped()) loop.restart();
    if (std::chrono::steady_clock::now() >= end) return false;
    loop.run_one_until(end);
  }
  return true;
}

/// A client of a notify socket; `fd` goes along where it is one.
struct client {
  explicit client(const std::string& name)
      : socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    BOOST_TEST_REQUIRE(name.starts_with("@aurora/"));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    address.sun_path[0] = '\0';
    BOOST_TEST_REQUIRE(
        ::connect(socket, reinterpret_cast<sockaddr*>(&address),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
  }
  ~client() { ::close(socket); }

  bool say(const std::string& text, int fd = -1) const {
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  int socket;
};

/// A process of its own that does one thing and ends.
struct forked {
  explicit forked(const std::function<void()>& body) : pid(::fork()) {
    if (pid != 0) return;
    body();
    ::_exit(0);
  }
  ~forked() {
    if (waited_) return;
    ::kill(pid, SIGKILL);
    wait();
  }
  /// Its wait status.
  int wait() const {
    int status = -1;
    ::waitpid(pid, &status, 0);
    waited_ = true;
    return status;
  }
  const pid_t pid;

 private:
  mutable bool waited_ = false;
};

/// Datagrams that say nothing or lie, and some that the kernel does not take, until it is killed.
void flood(const std::string& address) {
  const client sender(address);
  const std::string junk = "READY=1\n\xff\x1b[2J", huge(1 << 20, 'x');
  for (unsigned i = 0; sender.say(i % 2 == 0 ? "" : junk); ++i)
    if (i % 1000 == 0 && sender.say(huge)) ::_exit(1);
}

struct listening {
  explicit listening(notify_socket::filter ours = [](pid_t pid) { return pid == ::getpid(); }) {
    auto made = notify_socket::open(loop.get_executor(), std::move(ours),
                                    [this](const notification& said) { heard.push_back(said); });
    BOOST_TEST_REQUIRE(made.has_value());
    socket = std::move(*made);
  }
  asio::io_context loop{1};
  std::vector<notification> heard;
  std::unique_ptr<notify_socket> socket;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(notify)

BOOST_AUTO_TEST_CASE(what_a_service_says_is_heard_in_order) {
  // By an abstract address of its own, another for each run.
  listening one, other;
  BOOST_TEST(one.socket->address() != other.socket->address());
  client service(one.socket->address());
  BOOST_TEST(service.say("STATUS=loading"));
  BOOST_TEST(service.say("READY=1"));
  BOOST_TEST(run_until(one.loop, [&] { return one.heard.size() == 2; }));
  BOOST_TEST((one.heard[0].status == "loading"));
  BOOST_TEST(one.heard[1].ready);
  BOOST_TEST(other.heard.empty());
}

BOOST_AUTO_TEST_CASE(m21_strangers_and_oversized_datagrams_are_ignored_and_counted) {
  // Empty, 4 KiB and one byte, 128 KiB, another process: none says anything, each is counted.
  listening l;
  client service(l.socket->address());
  BOOST_TEST(service.say(""));
  BOOST_TEST(service.say("READY=1\n" + std::string(4096 - 7, 'x')));
  BOOST_TEST(service.say("READY=1\n" + std::string(128 * 1024, 'x')));
  const pid_t stranger = ::fork();
  if (stranger == 0) ::_exit(service.say("READY=1") ? 0 : 1);
  int status = -1;
  ::waitpid(stranger, &status, 0);
  BOOST_TEST(status == 0);
  BOOST_TEST(service.say("STOPPING=1\nX=" + std::string(4096 - 13, 'x')));
  BOOST_TEST(run_until(l.loop, [&] { return !l.heard.empty(); }));
  BOOST_TEST(l.socket->ignored() == 4U);
  BOOST_TEST(l.heard.size() == 1U);
  BOOST_TEST(l.heard[0].stopping);
  BOOST_TEST(!l.heard[0].ready);
}

BOOST_AUTO_TEST_CASE(descriptors_that_come_along_are_closed) {
  // FDSTORE=1 and the barrier of sd_notify_barrier(3), which waits for just that.
  listening l;
  client service(l.socket->address());
  int ends[2];
  BOOST_TEST_REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  BOOST_TEST(service.say("BARRIER=1", ends[1]));
  ::close(ends[1]);
  BOOST_TEST(run_until(l.loop, [&] { return !l.heard.empty(); }));
  char byte = 0;
  BOOST_TEST(::read(ends[0], &byte, 1) == 0);
  ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(m21_a_flood_does_not_starve_the_loop) {
  // A service that talks without a pause: what else the loop has to do gets its turns in between,
  // and nothing is lost. No more datagrams than these, since the kernel queues ten of them by
  // default and a busy machine switches tasks for each ten.
  listening l;
  constexpr unsigned all = 5'000;
  const client service(l.socket->address());  // Boost.Test's checks are the main thread's
  std::thread flood([&service] {
    for (unsigned i = 0; i < all; ++i) service.say("WATCHDOG=1");
  });
  unsigned turns = 0, most_at_once = 0;
  std::size_t before = 0;
  std::function<void()> other = [&] {
    ++turns;
    most_at_once = std::max(most_at_once, static_cast<unsigned>(l.heard.size() - before));
    before = l.heard.size();
    if (before < all) asio::post(l.loop, other);
  };
  asio::post(l.loop, other);
  BOOST_TEST(run_until(l.loop, [&] { return l.heard.size() == all; }));
  l.socket->close();  // whoever still sends is told, so that a failure cannot hang here
  flood.join();
  BOOST_TEST(most_at_once <= 64U);
  BOOST_TEST(turns >= all / 64);
}

BOOST_AUTO_TEST_CASE(m21_a_hundred_thousand_foreign_datagrams_hold_nothing_up) {
  // Empty ones, junk, ones of a megabyte that the kernel refuses, as fast as a stranger can send:
  // each is counted, whose it is is asked a few times and not 100,000 times, and READY arrives
  // while the flood goes on.
  constexpr unsigned all = 100'000;
  unsigned asked = 0;
  listening l([&](pid_t pid) {
    ++asked;
    return pid == ::getpid();
  });
  const forked stranger([&] { flood(l.socket->address()); });
  BOOST_TEST_REQUIRE(run_until(l.loop, [&] { return l.socket->ignored() >= all / 10; }));
  const client ready(l.socket->address());
  std::thread service([&ready] { ready.say("READY=1"); });
  BOOST_TEST(run_until(l.loop, [&] { return !l.heard.empty(); }));
  service.join();
  BOOST_TEST(run_until(l.loop, [&] { return l.socket->ignored() >= all; }));
  BOOST_TEST(l.heard.size() == 1U);
  BOOST_TEST(l.heard[0].ready);
  BOOST_TEST(asked < 100U);
}

BOOST_AUTO_TEST_CASE(m21_another_user_is_not_even_asked_about) {
  // Whose process it is costs time to find out; a user who is neither the service's nor root is
  // refused before that.
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("not run: needs root to become somebody else");
    return;
  }
  constexpr uid_t service_user = 4711, stranger_user = 4712;
  std::vector<pid_t> asked;
  listening l([&](pid_t pid) {
    asked.push_back(pid);
    return true;
  });
  l.socket->accept_only(service_user);
  const auto ready_as = [&](uid_t user) {
    return [&, user] {
      const client sender(l.socket->address());
      if (::setuid(user) != 0 || !sender.say("READY=1")) ::_exit(1);
    };
  };
  const forked stranger(ready_as(stranger_user));
  BOOST_TEST(stranger.wait() == 0);
  const forked service(ready_as(service_user));
  BOOST_TEST(service.wait() == 0);
  BOOST_TEST(run_until(l.loop, [&] { return !l.heard.empty(); }));
  BOOST_TEST(l.socket->ignored() == 1U);
  BOOST_TEST((asked == std::vector<pid_t>{service.pid}));
}

BOOST_AUTO_TEST_CASE(m21_a_crowd_of_pids_gets_a_small_part_of_the_loop) {
  // Each pid is new and costs 6 ms: one is asked about in each tenth of a second, all are heard in
  // the end, and the loop is free in between.
  constexpr int crowd = 5;
  listening l([](pid_t) {
    const auto end = std::chrono::steady_clock::now() + 6ms;
    while (std::chrono::steady_clock::now() < end) continue;
    return true;
  });
  const auto started = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<forked>> senders;
  for (int i = 0; i < crowd; ++i)
    senders.push_back(std::make_unique<forked>(
        [&] { ::_exit(client(l.socket->address()).say("WATCHDOG=1") ? 0 : 1); }));
  for (const auto& each : senders) BOOST_TEST(each->wait() == 0);
  BOOST_TEST(run_until(l.loop, [&] { return l.heard.size() == crowd; }));
  BOOST_TEST((std::chrono::steady_clock::now() - started >= (crowd - 1) * 100ms));
}

BOOST_AUTO_TEST_CASE(a_socket_may_be_closed_from_its_own_callback) {
  // A READY that ends the start, and the socket with it; what is still queued is not heard.
  asio::io_context loop(1);
  std::unique_ptr<notify_socket> socket;
  unsigned heard = 0;
  auto made = notify_socket::open(
      loop.get_executor(), [](pid_t) { return true; },
      [&](const notification&) {
        ++heard;
        socket.reset();
      });
  BOOST_TEST_REQUIRE(made.has_value());
  socket = std::move(*made);
  client service(socket->address());
  BOOST_TEST(service.say("READY=1"));
  BOOST_TEST(service.say("READY=1"));
  loop.run();
  BOOST_TEST(heard == 1U);
  BOOST_TEST(!service.say("READY=1"));
}

BOOST_AUTO_TEST_CASE(a_loop_may_end_before_its_sockets) {
  // Destroyed with a wait pending, in either order.
  auto loop = std::make_unique<asio::io_context>(1);
  auto made = notify_socket::open(
      loop->get_executor(), [](pid_t) { return true; }, [](const notification&) {});
  BOOST_TEST_REQUIRE(made.has_value());
  (*made)->close();
  (*made)->close();
  made->reset();
  loop.reset();
  BOOST_TEST(!loop);
}

BOOST_AUTO_TEST_CASE(systemd_is_told_where_it_listens) {
  // NOTIFY_SOCKET abstract; unset and nonsense do nothing.
  listening l;
  ::unsetenv("NOTIFY_SOCKET");
  notify_systemd("READY=1");
  ::setenv("NOTIFY_SOCKET", "relative", 1);
  notify_systemd("READY=1");
  ::setenv("NOTIFY_SOCKET", l.socket->address().c_str(), 1);
  notify_systemd("STATUS=to systemd");
  ::unsetenv("NOTIFY_SOCKET");
  BOOST_TEST(run_until(l.loop, [&] { return !l.heard.empty(); }));
  BOOST_TEST((l.heard[0].status == "to systemd"));
  BOOST_TEST(!l.heard[0].ready);
}

BOOST_AUTO_TEST_SUITE_END()

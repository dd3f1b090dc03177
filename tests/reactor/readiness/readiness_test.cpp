#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>
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

BOOST_AUTO_TEST_SUITE(datagrams)

BOOST_AUTO_TEST_CASE(every_field_is_read) {
  // One datagram may say many things; what is not known is passed over.
  const auto said = parse_notification(
      "READY=1\nSTOPPING=1\nRELOADING=1\nWATCHDOG=1\nSTATUS=Serving 5 = five\n"
      "EXTEND_TIMEOUT_USEC=1500000\nWATCHDOG_USEC=250000\nMAINPID=4711\nX_OWN=1\nnonsense\n");
  BOOST_TEST(said.ready);
  BOOST_TEST(said.stopping);
  BOOST_TEST(said.reloading);
  BOOST_TEST(said.watchdog);
  BOOST_TEST(!said.watchdog_trigger);
  BOOST_TEST((said.status == "Serving 5 = five"));
  BOOST_TEST((said.extend_timeout == 1500ms));
  BOOST_TEST((said.watchdog_within == 250ms));
  BOOST_TEST((said.main_pid == 4711));
  BOOST_TEST(parse_notification("WATCHDOG=trigger").watchdog_trigger);
}

BOOST_AUTO_TEST_CASE(malformed_values_are_as_if_not_said) {
  // No value is guessed, and none is so large that adding it to a time overflows.
  const auto said = parse_notification(
      "READY=0\nREADY=11\nREADY\n=1\nMAINPID=-1\nMAINPID=0\nMAINPID=9999999999\nMAINPID=1 \n"
      "EXTEND_TIMEOUT_USEC=\nWATCHDOG_USEC=1s\nWATCHDOG=yes\nready=1");
  BOOST_TEST(!said.ready);
  BOOST_TEST(!said.main_pid.has_value());
  BOOST_TEST(!said.extend_timeout.has_value());
  BOOST_TEST(!said.watchdog_within.has_value());
  BOOST_TEST(!said.watchdog);
  BOOST_TEST((*parse_notification("EXTEND_TIMEOUT_USEC=18446744073709551615").extend_timeout ==
              24h * 365));
  BOOST_TEST(!parse_notification("EXTEND_TIMEOUT_USEC=18446744073709551616").extend_timeout);
  BOOST_TEST(*parse_notification("STATUS=a\x1b[2J\xff").status == "a?[2J?");
}

BOOST_AUTO_TEST_CASE(any_bytes_at_all_are_read_without_harm) {
  // Total: 20,000 datagrams of words and noise under the sanitizers; what is said is plausible.
  std::mt19937 random(20261123);
  const std::string words[] = {"READY=1",  "STATUS=", "MAINPID=", "WATCHDOG_USEC=",       "\n",
                               "=",        "9",       "-1",       "EXTEND_TIMEOUT_USEC=", "trigger",
                               "WATCHDOG="};
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (auto parts = random() % 12; parts > 0; --parts) {
      if (random() % 3 == 0)
        bytes += static_cast<char>(random());
      else
        bytes += words[random() % std::size(words)];
    }
    const auto said = parse_notification(bytes);
    BOOST_TEST_REQUIRE((!said.main_pid || *said.main_pid > 0));
    BOOST_TEST_REQUIRE((!said.extend_timeout || *said.extend_timeout >= 0s));
    if (said.ready) BOOST_TEST_REQUIRE(bytes.find("READY=1") != std::string::npos);
    for (const unsigned char c : said.status.value_or("")) BOOST_TEST_REQUIRE(c >= 0x20);
  }
}

BOOST_AUTO_TEST_SUITE_END()

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
  std::thread flood([name = l.socket->address()] {
    const client service(name);
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

BOOST_AUTO_TEST_SUITE(readiness_pipe)

BOOST_AUTO_TEST_CASE(a_newline_means_ready_and_is_told_once) {
  // As s6 has it: what comes before the newline does not matter.
  asio::io_context loop(1);
  unsigned told = 0;
  auto made = ready_pipe::open(loop.get_executor(), [&] { ++told; });
  BOOST_TEST_REQUIRE(made.has_value());
  auto& pipe = **made;
  BOOST_TEST(::write(pipe.child_end(), std::string(1000, 'x').data(), 1000) == 1000);
  loop.poll();
  BOOST_TEST(told == 0U);
  BOOST_TEST(::write(pipe.child_end(), "\n\n", 2) == 2);
  pipe.close_child_end();
  BOOST_TEST(pipe.child_end() == -1);
  loop.run();
  BOOST_TEST(told == 1U);
}

BOOST_AUTO_TEST_CASE(an_end_without_a_newline_says_nothing) {
  // A service that closes the descriptor, or ends: its exit is learnt elsewhere.
  asio::io_context loop(1);
  unsigned told = 0;
  auto made = ready_pipe::open(loop.get_executor(), [&] { ++told; });
  BOOST_TEST_REQUIRE(made.has_value());
  BOOST_TEST(::write((*made)->child_end(), "x", 1) == 1);
  (*made)->close_child_end();
  loop.run();
  BOOST_TEST(told == 0U);
}

BOOST_AUTO_TEST_CASE(a_pipe_may_go_from_its_own_callback_or_before_it) {
  // Neither leaves a callback behind.
  asio::io_context loop(1);
  unsigned told = 0;
  std::unique_ptr<ready_pipe> own, early;
  auto made = ready_pipe::open(loop.get_executor(), [&] {
    ++told;
    own.reset();
  });
  own = std::move(*made);
  made = ready_pipe::open(loop.get_executor(), [&] { told += 100; });
  early = std::move(*made);
  BOOST_TEST(::write(own->child_end(), "\n", 1) == 1);
  BOOST_TEST(::write(early->child_end(), "\n", 1) == 1);
  early.reset();
  loop.run();
  BOOST_TEST(told == 1U);
  BOOST_TEST(!own);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lines)

BOOST_AUTO_TEST_CASE(a_line_is_found_however_it_is_cut) {
  // Every split of the stream into two pieces gives the same answer, at the newline's piece.
  const std::string stream = "booting\r\nlistening on 5000\r\nmore\n";
  const auto end = stream.find("\r\nmore") + 2;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    auto made = line_matcher::make("^listening on \\d+$");
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST((*made)->feed(stream.substr(0, cut)) == (cut >= end));
    BOOST_TEST((*made)->feed(stream.substr(cut)) == (cut < end));
    BOOST_TEST(!(*made)->feed("listening on 1\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_line_without_end_is_not_yet_a_line) {
  // And an anchor never matches where the line was only cut.
  auto made = line_matcher::make("^ready$");
  BOOST_TEST(!(*made)->feed("ready"));
  BOOST_TEST(!(*made)->feed("ing\nnot ready\n"));
  BOOST_TEST((*made)->feed("ready\n"));
}

BOOST_AUTO_TEST_CASE(colours_stay) {
  // ANSI sequences are part of the line: a pattern without anchors finds its word between them.
  auto made = line_matcher::make("ready");
  BOOST_TEST((*made)->feed("\x1b[32mready\x1b[0m\n"));
}

BOOST_AUTO_TEST_CASE(a_line_of_any_length_takes_64_kib) {
  // 100 MB without a newline: the beginning is matched at its end, the rest is passed over.
  auto first = line_matcher::make("^start");
  auto beyond = line_matcher::make("tail");
  const std::string piece(1 << 20, 'x');
  BOOST_TEST(!(*first)->feed("start"));
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(!(*first)->feed(piece));
    BOOST_TEST(!(*beyond)->feed(piece));
  }
  BOOST_TEST((*first)->feed("\n"));
  BOOST_TEST(!(*beyond)->feed("tail\n"));
  BOOST_TEST((*beyond)->feed("tail\n"));
}

BOOST_AUTO_TEST_CASE(what_is_no_pattern_is_an_error) {
  // The configuration says it better; here it must not throw.
  BOOST_TEST(!line_matcher::make("(").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

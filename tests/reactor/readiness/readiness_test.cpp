#include <unistd.h>

#include <random>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "reactor/readiness/notify_socket.hpp"

using namespace aurora;
using namespace aurora::reactor;
using namespace std::chrono_literals;
namespace asio = boost::asio;

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

#include <fstream>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/test/unit_test.hpp>

#include "scripted_server.hpp"

using namespace aurora;
using namespace aurora::test;
using namespace std::chrono_literals;

namespace {
reactor::tcp_request to(std::string address) {
  reactor::tcp_request request;
  request.address = std::move(address);
  return request;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(tcp_probe)

BOOST_AUTO_TEST_CASE(whoever_accepts_is_healthy) {
  // By address, by the name of this machine, and over IPv6 where there is one.
  probing p;
  scripted_server server(p.loop, never_answers());
  for (const std::string host : {"127.0.0.1:", "localhost:", "LOCALHOST.:"}) {
    const auto outcome = p.run(to(host + std::to_string(server.port())));
    BOOST_TEST(outcome.healthy, outcome.text);
    BOOST_TEST(outcome.text.starts_with("connected in "));
  }
  BOOST_TEST(run_until(p.loop, [&] { return server.accepted == 3U && server.open == 0; }));
}

BOOST_AUTO_TEST_CASE(localhost_tries_both_families) {
  // Some runtimes listen on ::1 alone when they are told "localhost".
  probing p;
  boost::system::error_code ec;
  tcp::acceptor six(p.loop);
  six.open(tcp::v6(), ec);
  if (!ec) six.set_option(asio::ip::v6_only(true), ec);
  if (!ec) six.bind(tcp::endpoint(asio::ip::address_v6::loopback(), 0), ec);
  if (!ec) six.listen(5, ec);
  BOOST_TEST_MESSAGE("IPv6: " << ec.message());
  if (ec) return;
  const auto port = std::to_string(six.local_endpoint().port());
  const auto by_name = p.run(to("localhost:" + port));
  BOOST_TEST(by_name.healthy, by_name.text);
  const auto by_address = p.run(to("[::1]:" + port));
  BOOST_TEST(by_address.healthy, by_address.text);
}

BOOST_AUTO_TEST_CASE(a_dead_port_in_the_ephemeral_range_is_never_healthy) {
  // The kernel goes through the range in steps of two when it picks the port to dial from, and
  // where that is the dialled one the socket talks to itself: so a whole round of it is dialled.
  probing p;
  unsigned low = 0, high = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low >> high;
  BOOST_TEST_REQUIRE(low < high);
  tcp::socket free(p.loop, tcp::v4());
  unsigned port = low + (high - low) / 4 * 2;
  for (boost::system::error_code ec; port < high; port += 2) {
    const auto number = static_cast<std::uint16_t>(port);
    free.bind(tcp::endpoint(asio::ip::address_v4::loopback(), number), ec);
    if (!ec) break;
  }
  free.close();
  const auto address = "127.0.0.1:" + std::to_string(port);
  unsigned healthy = 0;
  for (unsigned i = 0; i < (high - low) / 2 + 100; ++i) healthy += p.run(to(address)).healthy;
  BOOST_TEST(healthy == 0U);
}

BOOST_AUTO_TEST_CASE(addresses_that_are_none_are_told) {
  // The phrases name what was written.
  probing p;
  BOOST_TEST(p.run(to("127.0.0.1")).text ==
             "the port of '127.0.0.1' is not a number from 1 to 65535");
  BOOST_TEST(p.run(to("127.0.0.1:0")).text ==
             "the port of '127.0.0.1:0' is not a number from 1 to 65535");
  BOOST_TEST(p.run(to("::1:80")).text ==
             "'::1:80' is not host:port (an IPv6 address needs brackets)");
  BOOST_TEST(p.run(to("[::1:80")).text == "'[::1:80' has no closing bracket");
  BOOST_TEST(p.run(to(":80")).text == "'' is not a host name");
}

BOOST_AUTO_TEST_CASE(a_full_backlog_times_out_while_connecting) {
  // Packets are dropped, not refused: only the deadline helps.
  probing p;
  tcp::acceptor full(p.loop);
  full.open(tcp::v4());
  full.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  full.listen(0);
  const auto at = "127.0.0.1:" + std::to_string(full.local_endpoint().port());
  reactor::probe_outcome outcome;
  for (int i = 0; i < 10 && outcome.text.find("timed out") == std::string::npos; ++i) {
    reactor::probe_outcome filler;
    tcp::socket held(p.loop);
    outcome = p.run(to(at), 100ms);
  }
  BOOST_TEST(outcome.text == "timed out after 100ms while connecting to " + at);
}

BOOST_AUTO_TEST_SUITE_END()

#include "supervisor/ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace aurora;

BOOST_AUTO_TEST_CASE(the_holder_of_a_port_is_named) {
  // By pid and program; a port that nobody holds has no holder.
  const auto port = shell::free_port();
  BOOST_REQUIRE(port.has_value());
  BOOST_TEST(!shell::who_listens(*port).has_value());
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(*port);
  BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  BOOST_REQUIRE(::listen(fd, 1) == 0);
  const auto holder = shell::who_listens(*port);
  ::close(fd);
  BOOST_REQUIRE(holder.has_value());
  BOOST_TEST(holder->pid == ::getpid());
  BOOST_TEST(!holder->program.empty());
}

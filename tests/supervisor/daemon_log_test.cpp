#include <unistd.h>

#include <array>
#include <string>

#include <boost/test/unit_test.hpp>

#include "supervisor/daemon_log.hpp"

using namespace aurora;

BOOST_AUTO_TEST_SUITE(daemon_log_suite)

BOOST_AUTO_TEST_CASE(no_control_of_a_terminal_gets_through) {
  // Names and answers come from strangers; C1 controls as UTF-8 are as good as an escape.
  int ends[2];
  BOOST_TEST_REQUIRE(::pipe(ends) == 0);
  shell::daemon_log log(ends[1]);
  log.write(shell::log_level::info, "a\033[2J\302\2332J\233z\nb – ü");
  log.flush();
  std::array<char, 256> buffer;
  const auto size = ::read(ends[0], buffer.data(), buffer.size());
  BOOST_TEST_REQUIRE(size > 0);
  const std::string line(buffer.data(), static_cast<std::size_t>(size));
  BOOST_TEST(line.ends_with(" a?[2J?2J?z b – ü\n"));
  ::close(ends[0]);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_SUITE_END()

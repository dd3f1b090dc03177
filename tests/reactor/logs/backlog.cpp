#include "reactor/logs/backlog.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using aurora::reactor::logs::backlog;

BOOST_AUTO_TEST_SUITE(a_backlog)

BOOST_AUTO_TEST_CASE(keeps_all_that_fits) {
  // Up to the limit nothing is dropped, and what was written leaves from the front.
  backlog waiting(4096);
  BOOST_TEST(waiting.append(std::string(4000, 'a')) == 0u);
  BOOST_TEST(waiting.append(std::string(96, 'b')) == 0u);
  waiting.remove_front(4000);
  BOOST_TEST(waiting.view() == std::string(96, 'b'));
  waiting.remove_front(96);
  BOOST_TEST(waiting.empty());
}

BOOST_AUTO_TEST_CASE(drops_the_oldest_whole_lines) {
  // Over the limit the oldest lines go as a whole, what is left begins with a line, and every byte
  // is either held or counted.
  backlog waiting(4096);
  std::size_t given = 0, dropped = 0;
  for (int i = 0; i < 500; ++i) {
    const auto line = std::to_string(i) + std::string(static_cast<std::size_t>(i) % 60, '.') + '\n';
    given += line.size();
    const auto gone = waiting.append(line);
    BOOST_TEST((gone == 0 || gone >= backlog::least_drop));
    dropped += gone;
    BOOST_TEST(waiting.size() <= 4096u);
  }
  BOOST_TEST(dropped + waiting.size() == given);
  BOOST_TEST(dropped > 0u);
  const auto first = std::stoi(std::string(waiting.view()));
  BOOST_TEST(waiting.view().starts_with(
      std::to_string(first) + std::string(static_cast<std::size_t>(first) % 60, '.') + '\n'));
  BOOST_TEST(waiting.view().ends_with(std::string(499 % 60, '.') + '\n'));
}

BOOST_AUTO_TEST_CASE(takes_a_chunk_larger_than_itself) {
  // Of a chunk over the limit the youngest lines stay.
  backlog waiting(4096);
  waiting.append("old\n");
  std::string chunk;
  for (int i = 0; i < 2000; ++i) chunk += std::to_string(10000 + i) + '\n';
  const auto gone = waiting.append(chunk);
  BOOST_TEST(gone + waiting.size() == chunk.size() + 4);
  BOOST_TEST(waiting.size() <= 4096u);
  BOOST_TEST(chunk.ends_with(waiting.view()));
  BOOST_TEST(waiting.view().front() == '1');
}

BOOST_AUTO_TEST_CASE(cuts_a_line_longer_than_itself) {
  // A line without an end loses just its oldest bytes.
  backlog waiting(4096);
  const auto gone = waiting.append(std::string(10000, 'x'));
  BOOST_TEST(gone == 10000u - 4096);
  BOOST_TEST(waiting.size() == 4096u);
}

BOOST_AUTO_TEST_SUITE_END()

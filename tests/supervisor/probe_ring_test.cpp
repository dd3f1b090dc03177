#include "supervisor/probe_ring.hpp"

#include <boost/test/unit_test.hpp>

using namespace aurora;
using namespace std::chrono_literals;

namespace {

probe_answer answer(int number, std::string text) {
  return {wall_time(std::chrono::milliseconds(1'764'000'000'000 + number)), number % 2 == 0,
          std::chrono::milliseconds(number), std::move(text)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_ring_keeps_the_last_answers_in_order) {
  shell::probe_ring ring;
  BOOST_TEST(ring.answers().empty());
  constexpr int most = shell::probe_ring::most;
  for (int i = 0; i < 3 * most + 7; ++i) {
    ring.push(answer(i, i % 3 == 0 ? "refused" : "HTTP 200"));
    const auto all = ring.answers();
    BOOST_REQUIRE(all.size() == static_cast<std::size_t>(std::min(i + 1, most)));
    BOOST_REQUIRE((all.back().at == answer(i, "").at));
  }
  const auto all = ring.answers();
  for (int i = 0; i < most; ++i) {
    const int number = 2 * most + 7 + i;
    const auto wanted = answer(number, number % 3 == 0 ? "refused" : "HTTP 200");
    const auto& got = all[static_cast<std::size_t>(i)];
    BOOST_REQUIRE((got.at == wanted.at && got.healthy == wanted.healthy));
    BOOST_REQUIRE(got.text == wanted.text);
    BOOST_REQUIRE(std::chrono::abs(got.took - wanted.took) < 1us);
  }
}

BOOST_AUTO_TEST_CASE(texts_that_all_differ_are_told_and_forgotten) {
  // O2: a probe whose answer has a counter in it, for days.
  shell::probe_ring ring;
  for (int i = 0; i < 10'000; ++i) ring.push(answer(i, "answer " + std::to_string(i)));
  const auto all = ring.answers();
  for (int i = 0; i < 120; ++i)
    BOOST_REQUIRE(all[static_cast<std::size_t>(i)].text == "answer " + std::to_string(9880 + i));
  ring.push(answer(1, std::string(1 << 20, 'x')));
  BOOST_TEST(ring.answers().back().text.size() == 512u);
}

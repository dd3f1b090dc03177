#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "server/openssl_crypto.hpp"
#include "wire/sign_in.hpp"

namespace {

using namespace aurora;
using namespace aurora::wire;

constexpr int samples = 1'000'000;

/// Without its slowest tenth, which is the machine's doing.
std::vector<double> calm(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  all.resize(all.size() / 10 * 9);
  return all;
}

struct moments {
  explicit moments(const std::vector<double>& of) : count(static_cast<double>(of.size())) {
    for (const double each : of) mean += each / count;
    for (const double each : of) variance += (each - mean) * (each - mean) / (count - 1);
  }
  double count, mean = 0, variance = 0;
};

/// Welch's t of two samples.
double t_of(const std::vector<double>& a, const std::vector<double>& b) {
  const moments first(calm(a)), second(calm(b));
  return (first.mean - second.mean) /
         std::sqrt(first.variance / first.count + second.variance / second.count);
}

BOOST_AUTO_TEST_SUITE(timing)

// How long a wrong token is looked at does not tell where it is wrong (S05). Beyond 10 a difference
// is certain, by the rule of Reparaz et al., "Dude, is my code constant time?".
BOOST_AUTO_TEST_CASE(s05_comparison) {
  server::openssl_crypto crypto;
  const std::string token(token_length, 'T');
  sign_in door(crypto, token);
  // One string for both, written at both ends each time: two would differ by where they lie too.
  std::string shown = token;
  std::mt19937 random(5);
  std::vector<double> spans[2];
  for (int i = 0; i < samples; ++i) {
    const bool last = (random() & 1U) != 0;
    shown.front() = last ? 'T' : 'x';
    shown.back() = last ? 'x' : 'T';
    const auto before = std::chrono::steady_clock::now();
    const bool known = door.who(shown, instant{}, wall_time{}).has_value();
    const auto after = std::chrono::steady_clock::now();
    BOOST_REQUIRE(!known);
    spans[last ? 1 : 0].push_back(std::chrono::duration<double, std::nano>(after - before).count());
  }
  const double t = t_of(spans[0], spans[1]);
  BOOST_TEST_MESSAGE("t = " << t);
  BOOST_TEST(std::abs(t) < 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

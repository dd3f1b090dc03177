#include <cstdlib>
#include <iostream>
#include <optional>

#include <boost/test/unit_test.hpp>

#include "property/world.hpp"

using namespace aurora;
using namespace aurora::property;

namespace {

struct failure {
  std::size_t at;  // actions done, the failing one included
  std::string what;
};

std::optional<failure> play(std::uint64_t seed, const std::vector<action>& script,
                            std::uint64_t* trace = nullptr) {
  std::size_t done = 0;
  try {
    world w(random_stack(seed), seed);
    w.begin();
    for (; done < script.size(); ++done) w.perform(script[done]);
    w.epilogue();
    if (trace) *trace = w.trace();
  } catch (const std::logic_error& broken) {
    return failure{done + 1, broken.what()};
  }
  return std::nullopt;
}

/// The shortest prefix that fails, then without every action that the failure does not need.
std::vector<action> shrink(std::uint64_t seed, std::vector<action> script, std::size_t at) {
  script.resize(std::min(script.size(), at));
  for (std::size_t i = script.size(); i-- > 0;) {
    std::vector<action> shorter = script;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    if (play(seed, shorter)) script = std::move(shorter);
  }
  return script;
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

// Random stacks under random histories keep every promise; a broken one is shown with its seed and
// its shortest script. AURORA_SEEDS and AURORA_FIRST_SEED widen the search.
BOOST_AUTO_TEST_CASE(random_histories) {
  const std::uint64_t first = number_from("AURORA_FIRST_SEED", 1);
  const std::uint64_t count = number_from("AURORA_SEEDS", 1000);
  unsigned broken = 0;
  for (std::uint64_t seed = first; seed < first + count && broken < 3; ++seed) {
    const auto script = random_script(seed, 60);
    const auto found = play(seed, script);
    if (!found) continue;
    ++broken;
    const auto shortest = shrink(seed, script, found->at);
    const auto again = play(seed, shortest);
    std::string text = "seed " + std::to_string(seed) + ": " + (again ? again->what : found->what);
    for (const action& a : shortest) text += "\n    " + describe(a);
    BOOST_ERROR(text);
  }
}

// The same seed and the same events give the same commands at the same times.
BOOST_AUTO_TEST_CASE(histories_repeat) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::uint64_t first = 0, second = 1;
    const auto script = random_script(seed, 60);
    BOOST_REQUIRE(!play(seed, script, &first));
    BOOST_REQUIRE(!play(seed, script, &second));
    BOOST_TEST(first == second);
  }
}

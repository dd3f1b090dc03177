#include "supervisor/start_up_memory.hpp"

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace aurora;

namespace {

struct spoken {
  virtual ~spoken() = default;
  virtual std::string word() const = 0;
};
struct yes final : spoken {
  std::string word() const override { return "yes"; }
};
struct no final : spoken {
  std::string word() const override { return "no"; }
};

/// Pointers that the loader has put there, in memory that is read-only since.
const char* const relocated[] = {"what", "the", "loader", "wrote"};
int written = 1;

/// KiB of this program's own files that are mapped, cannot be written and are in memory: proc(5).
long resident_text() {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  long sum = 0;
  bool counts = false;
  while (std::getline(maps, line)) {
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    if (first.find('-') != first.npos) counts = second.at(1) == '-' && line.find('/') != line.npos;
    if (counts && first == "Rss:") sum += std::stol(second);
  }
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(start_up_memory)

BOOST_AUTO_TEST_CASE(text_goes_and_data_stays) {
  BOOST_TEST_MESSAGE("Pages of text leave memory and come back as they were; data is untouched");
  written = 7;
  const std::unique_ptr<spoken> words[] = {std::make_unique<yes>(), std::make_unique<no>()};
  const auto before = resident_text();

  shell::give_back_start_up_memory();
  const auto after = resident_text();

  BOOST_TEST(after < before / 2);
  BOOST_TEST(written == 7);
  BOOST_TEST(words[0]->word() + words[1]->word() == "yesno");
  std::string told;
  for (const char* each : relocated) told += each;
  BOOST_TEST(told == "whattheloaderwrote");
}

BOOST_AUTO_TEST_SUITE_END()

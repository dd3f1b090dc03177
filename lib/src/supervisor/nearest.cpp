#include "supervisor/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace aurora::shell {
namespace {

// "web.backend@1000": no name of an instance is longer.
constexpr std::size_t longest_name = 63 + 5;

/// The edits from one name to the other; at least `enough` where it takes no fewer.
std::size_t edits(const std::string& a, const std::string& b, std::size_t enough) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= enough) return enough;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t swap = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({swap, row[j] + 1, row[j - 1] + 1});
    }
    if (*std::min_element(row.begin(), row.end()) >= enough) return enough;
  }
  return row.back();
}

}  // namespace

std::string nearest(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  if (name.size() > longest_name + longest_name / 3) return best;
  std::size_t fewest = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& one : known)
    if (const auto needed = edits(name, one, fewest); needed < fewest) {
      fewest = needed;
      best = one;
    }
  return best;
}

}  // namespace aurora::shell

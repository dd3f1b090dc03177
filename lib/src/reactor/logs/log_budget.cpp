#include "reactor/logs/log_budget.hpp"

#include <algorithm>
#include <ctime>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace aurora::reactor::logs {
namespace {

struct aged_segment {
  excess_segment what;
  std::pair<std::time_t, long> written;
  std::uint64_t size = 0;
};

// A packed file is as young as its packing, and a clock may have been set back: what has the higher
// number of a log is the older one all the same.
void age_by_number(std::vector<aged_segment>& all) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.what.name, a.what.which.number) < std::tie(b.what.name, b.what.which.number);
  });
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].what.name == all[i - 1].what.name)
      all[i].written = std::min(all[i].written, all[i - 1].written);
}

bool older(const aged_segment& a, const aged_segment& b) {
  return std::tie(a.written, a.what.name, b.what.which.number) <
         std::tie(b.written, b.what.name, a.what.which.number);
}

}  // namespace

log_usage measure_logs(const std::string& dir, std::uint64_t limit) {
  log_usage usage;
  std::vector<aged_segment> rotated;
  each_log_file(dir, [&](log_entry&& found) {
    struct stat info {};
    if (::fstatat(found.folder, found.file, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (!S_ISREG(info.st_mode)) return;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    usage.total += size;
    if (!found.rotated || found.rotated->number == 0) return;  // 0: being packed
    rotated.push_back({{std::move(found.name), *found.rotated, info.st_ino},
                       {info.st_mtim.tv_sec, info.st_mtim.tv_nsec},
                       size});
  });
  age_by_number(rotated);
  std::sort(rotated.begin(), rotated.end(), older);
  for (auto& each : rotated) {
    if (usage.total <= limit) break;
    usage.total -= each.size;
    usage.excess.push_back(std::move(each.what));
  }
  return usage;
}

}  // namespace aurora::reactor::logs

#include "reactor/logs/segments.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "reactor/logs/descriptor.hpp"
#include "reactor/logs/gzip.hpp"

namespace aurora::reactor::logs {
namespace {

// NAME.log, NAME.log.NUMBER or NAME.log.NUMBER.gz; a NAME may hold dots itself, so it is taken
// apart from the end.
std::optional<log_entry> parse(std::string_view file) {
  constexpr std::string_view ending = ".log";
  log_entry found;
  if (!file.ends_with(ending)) {
    segment which;
    which.packed = file.ends_with(".gz");
    if (which.packed) file.remove_suffix(3);
    const auto dot = file.rfind('.');
    if (dot == file.npos) return {};
    const auto digits = file.substr(dot + 1);
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, which.number);
    if (digits.empty() || error != std::errc() || stop != end) return {};
    if (digits.front() == '0' && !(digits.size() == 1 && which.packed)) return {};
    file = file.substr(0, dot);
    found.rotated = which;
  }
  if (!file.ends_with(ending) || file.size() == ending.size()) return {};
  found.name = file.substr(0, file.size() - ending.size());
  return found;
}

bool younger(const segment& a, const segment& b) {
  return a.number != b.number ? a.number < b.number : a.packed < b.packed;
}

bool copy_is_complete(const std::string& plain, const std::string& packed) {
  const descriptor in(::open(plain.c_str(), O_RDONLY | O_CLOEXEC));
  const descriptor copy(::open(packed.c_str(), O_RDONLY | O_CLOEXEC));
  return in && copy && gzip_matches(in.get(), copy.get());
}

}  // namespace

std::string log_path(const std::string& dir, const std::string& name) {
  return dir + '/' + name + ".log";
}

std::string segment_path(const std::string& dir, const std::string& name, segment which) {
  return log_path(dir, name) + '.' + std::to_string(which.number) + (which.packed ? ".gz" : "");
}

void each_log_file(const std::string& dir, const std::function<void(log_entry&&)>& take) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(dir.c_str()), &::closedir);
  if (!folder) return;
  while (const auto* entry = ::readdir(folder.get())) {
    auto found = parse(entry->d_name);
    if (!found) continue;
    found->folder = ::dirfd(folder.get());
    found->file = entry->d_name;
    take(std::move(*found));
  }
}

segment_index find_segments(const std::string& dir) {
  segment_index index;
  each_log_file(dir, [&](log_entry&& found) {
    if (found.rotated) index[found.name].push_back(*found.rotated);
  });
  return index;
}

std::vector<segment> find_segments(const std::string& dir, const std::string& name) {
  std::vector<segment> result;
  each_log_file(dir, [&](log_entry&& found) {
    if (found.name == name && found.rotated && found.rotated->number != 0)
      result.push_back(*found.rotated);
  });
  std::sort(result.begin(), result.end(), younger);
  return result;
}

int rename_new(const std::string& from, const std::string& to) noexcept {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without the flag: ask first. Nobody else renames in this folder.
  if (::access(to.c_str(), F_OK) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

std::vector<segment> repair_segments(const std::string& dir, const std::string& name,
                                     std::vector<segment> found, unsigned keep) {
  std::sort(found.begin(), found.end(), younger);
  const auto path = [&](segment which) { return segment_path(dir, name, which); };
  const auto all = found;
  std::erase_if(found, [&](segment s) {
    if (s.number == 0) return ::unlink(path(s).c_str()) == 0 || errno == ENOENT;
    const segment twin{s.number, true};
    return !s.packed && std::find(all.begin(), all.end(), twin) != all.end() &&
           copy_is_complete(path(s), path(twin)) && ::unlink(path(s).c_str()) == 0;
  });
  while (found.size() > keep && ::unlink(path(found.back()).c_str()) == 0) found.pop_back();

  // Those that move up in number go first, from the oldest; then the rest, from the youngest: so
  // no step finds its target taken.
  const auto move = [&](std::size_t i) {
    const segment to{static_cast<unsigned>(i + 1), found[i].packed};
    if (rename_new(path(found[i]), path(to)) == 0) found[i] = to;
  };
  for (std::size_t i = found.size(); i-- > 0;)
    if (found[i].number < i + 1) move(i);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].number > i + 1) move(i);
  return found;
}

}  // namespace aurora::reactor::logs

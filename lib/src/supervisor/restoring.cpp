#include <aurora/restoring.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "store/atomic_file.hpp"

namespace aurora {
namespace {

constexpr std::size_t most = std::size_t{64} << 20;
constexpr std::string_view head{"aurora-restore 1\0", 17};

std::string real(const std::string& config) {
  std::error_code ec;
  const auto found = std::filesystem::canonical(config, ec);
  return ec ? config : found.string();
}

std::string cannot(const std::string& path) {
  return fmt::format("cannot finish the restore that '{}' tells of: {}", path,
                     std::strerror(errno));
}

/// What another user could have put there is not believed.
bool is_ours(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         (found.st_uid == ::geteuid() || found.st_uid == 0) && (found.st_mode & 022) == 0;
}

/// Pairs of texts, each with a NUL behind it. Nothing: it is damaged.
std::optional<std::vector<restore_step>> parse(std::string_view text) {
  if (!text.starts_with(head)) return std::nullopt;
  text.remove_prefix(head.size());
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = text.find('\0');
    const bool removal = end == 0 && words.size() % 2 == 1;
    if (end == text.npos || (text.front() != '/' && !removal)) return std::nullopt;
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (words.size() % 2 != 0) return std::nullopt;
  std::vector<restore_step> steps;
  for (std::size_t i = 0; i < words.size(); i += 2) steps.push_back({words[i], words[i + 1]});
  return steps;
}

bool sync_directory(const std::string& path) {
  const store::descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::fsync(fd.get()) == 0;
}

/// False: errno says why.
bool take(const std::vector<restore_step>& steps) {
  std::set<std::string> touched;
  for (const auto& step : steps) {
    const int fault = step.to.empty() ? ::unlink(step.from.c_str())
                                      : ::rename(step.from.c_str(), step.to.c_str());
    if (fault != 0 && errno != ENOENT) return false;
    touched.insert(std::filesystem::path(step.from).parent_path().string());
  }
  for (const auto& directory : touched)
    if (!sync_directory(directory)) return false;
  return true;
}

}  // namespace

std::string restore_steps_of(const std::string& config) {
  const std::filesystem::path path = real(config);
  return (path.parent_path() / ("." + path.filename().string() + ".restoring")).string();
}

boost::system::result<void, std::string> begin_restore(const std::string& config,
                                                       const std::vector<restore_step>& steps) {
  std::string text(head);
  for (const auto& step : steps)
    text.append(step.from).append(1, '\0').append(step.to).append(1, '\0');
  return store::replace_file(restore_steps_of(config), text, store::old_file::goes);
}

boost::system::result<bool, std::string> finish_restore(const std::string& config) {
  using result = boost::system::result<bool, std::string>;
  const auto wrong = [](std::string why) { return result(boost::system::in_place_error, why); };
  const auto path = restore_steps_of(config);
  if (::access(path.c_str(), F_OK) != 0) return result(boost::system::in_place_value, false);
  const auto text = store::read_bytes(path, most);
  if (!text) return wrong(text.error());
  if (!*text) return result(boost::system::in_place_value, false);
  const auto steps = is_ours(path) ? parse(**text) : std::nullopt;
  if (!steps)
    return wrong(fmt::format("'{}' tells of no restore of ours: look at it, then remove it", path));
  if (!take(*steps)) return wrong(cannot(path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return wrong(cannot(path));
  return result(boost::system::in_place_value, true);
}

}  // namespace aurora

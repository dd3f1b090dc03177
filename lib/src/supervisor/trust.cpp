#include "supervisor/trust.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <set>

namespace aurora::shell {
namespace {

constexpr int most_links = 40;  // as the kernel has it

std::optional<distrust> fault_of(const std::string& part, const struct stat& found, uid_t us) {
  if (found.st_uid != 0 && found.st_uid != us)
    return distrust{fmt::format("'{}' belongs to uid {}, who could change by it what uid {} runs",
                                part, found.st_uid, us),
                    fmt::format("chown {} '{}'", us, part)};
  const bool sticky = S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX);
  if (S_ISLNK(found.st_mode) || sticky || !(found.st_mode & (S_IWGRP | S_IWOTH)))
    return std::nullopt;
  return distrust{fmt::format("'{}' can be written by others (mode {:04o}), who could change by it "
                              "what uid {} runs",
                              part, found.st_mode & 07777, us),
                  fmt::format("chmod go-w '{}'", part)};
}

/// Follows a path as the kernel does, a part at a time, so that the folders behind a symlink are
/// seen too.
class walk {
 public:
  walk(uid_t us, std::set<std::string>& seen) : us_(us), seen_(seen) {}

  std::optional<distrust> along(const std::string& path) {
    if (auto fault = look_at("/", path)) return fault;
    while (!rest_.empty()) {
      const auto slash = rest_.find('/');
      const std::string name = rest_.substr(0, slash);
      std::string behind = slash == std::string::npos ? "" : rest_.substr(slash + 1);
      if (name.empty() || name == ".") {
        rest_ = std::move(behind);
      } else if (name == "..") {
        at_.erase(std::min(at_.size(), at_.rfind('/')));
        rest_ = std::move(behind);
      } else if (auto fault = look_at(at_ + "/" + name, std::move(behind))) {
        return fault;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<distrust> look_at(const std::string& part, std::string behind) {
    struct stat found {};
    rest_.clear();
    if (::lstat(part.c_str(), &found) < 0) return std::nullopt;
    if (seen_.insert(part).second)
      if (auto fault = fault_of(part, found, us_)) return fault;
    rest_ = std::move(behind);
    if (!S_ISLNK(found.st_mode)) {
      at_ = part == "/" ? "" : part;
      return std::nullopt;
    }
    char target[PATH_MAX];
    const ssize_t n = ::readlink(part.c_str(), target, sizeof target);
    if (n <= 0 || ++links_ > most_links) {
      rest_.clear();
      return std::nullopt;
    }
    if (target[0] == '/') at_.clear();
    rest_ = std::string(target, static_cast<std::size_t>(n)) + "/" + rest_;
    return std::nullopt;
  }

  uid_t us_;
  std::set<std::string>& seen_;
  std::string at_;    // where the walk is, without a slash at its end
  std::string rest_;  // what is still to be walked
  int links_ = 0;
};

/// Who became root by sudo(8): has root's power anyway.
std::optional<uid_t> behind_sudo() {
  const char* text = std::getenv("SUDO_UID");
  uid_t uid = 0;
  if (!text) return std::nullopt;
  const auto [end, fault] = std::from_chars(text, text + std::strlen(text), uid);
  return fault == std::errc{} && *end == 0 ? std::optional(uid) : std::nullopt;
}

std::string in_words(const distrust& fault) {
  return fmt::format("{}: {}, or set AURORA_ALLOW_WRITABLE_CONFIG=1", fault.what, fault.remedy);
}

}  // namespace

std::optional<distrust> distrusted(const std::vector<std::string>& files) {
  std::set<std::string> seen;
  const uid_t own = ::geteuid();
  const uid_t us = own == 0 ? behind_sudo().value_or(0) : own;
  for (const auto& file : files)
    if (auto fault = walk(us, seen).along(file)) return fault;
  return std::nullopt;
}

bool trusts_all() {
  const char* allowed = std::getenv("AURORA_ALLOW_WRITABLE_CONFIG");
  return ::geteuid() != 0 || (allowed && std::strcmp(allowed, "1") == 0);
}

std::optional<std::string> changeable_by_others(const std::string& path, uid_t us) {
  std::set<std::string> seen;
  const auto fault = walk(us, seen).along(path);
  return fault ? std::optional(in_words(*fault)) : std::nullopt;
}

std::optional<std::string> unsafe_for_root(const std::vector<std::string>& files) {
  if (trusts_all()) return std::nullopt;
  const auto fault = distrusted(files);
  return fault ? std::optional(in_words(*fault)) : std::nullopt;
}

}  // namespace aurora::shell

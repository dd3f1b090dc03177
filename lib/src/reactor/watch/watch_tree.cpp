#include "reactor/watch/watch_tree.hpp"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace aurora::reactor {

using boost::system::error_code;

namespace {

constexpr std::uint32_t names = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t contents = IN_MODIFY | IN_CLOSE_WRITE;
constexpr std::uint32_t self = IN_DELETE_SELF | IN_MOVE_SELF;

/// Version control, caches, our own state; then what editors keep beside a file that is open: to
/// look at a file must not restart its service.
constexpr const char* always_ignored[] = {".git", "__pycache__", ".aurora", "node_modules", "*.sw?",
                                          "*~",   ".#*",         "#*#",     "4913"};

error_code last_error() { return {errno, boost::system::system_category()}; }

std::string join(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (path.empty() || path.back() != '/') path += '/';
  return path.append(name);
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         (directory.ends_with('/') || path[directory.size()] == '/');
}

/// "/a//b/./c/" as "/a/b/c"; ".." stays: it may lead through a symbolic link.
std::string tidy(const std::string& path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    if (!part.empty() && part != ".") out.append("/").append(part);
    at = end + 1;
  }
  return out.empty() ? "/" : out;
}

/// The last name of `path` is `name`.
bool is_last(const std::string& path, std::string_view name) {
  return path.ends_with(name) && path[path.size() - name.size() - 1] == '/';
}

/// A directory itself; a symbolic link to one is not.
bool is_directory(const std::string& path, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

}  // namespace

watch_tree::watch_tree(int fd, std::vector<std::string> ignore)
    : fd_(fd), ignore_(std::move(ignore)) {}

bool watch_tree::ignored(std::string_view name) const {
  const std::string text(name);
  const auto fits = [&](const char* pattern) { return ::fnmatch(pattern, text.c_str(), 0) == 0; };
  return std::any_of(std::begin(always_ignored), std::end(always_ignored), fits) ||
         std::any_of(ignore_.begin(), ignore_.end(),
                     [&](const std::string& each) { return fits(each.c_str()); });
}

error_code watch_tree::watch(const std::string& path, kind what, int& wd) {
  const auto mask = what == kind::passage ? self | IN_ONLYDIR
                    : what == kind::names ? names | self | IN_ONLYDIR
                    : what == kind::file  ? contents | self
                                          : names | contents | self | IN_ONLYDIR;
  // IN_MASK_ADD: the inode may be watched already, in another role.
  wd = ::inotify_add_watch(fd_, path.c_str(), mask | IN_MASK_ADD);
  if (wd < 0) return last_error();
  auto& it = nodes_[wd];
  if (it.path.empty() || what == kind::directory) it.path = path;
  it.tree = it.tree || what == kind::directory;
  it.file = it.file || what == kind::file;
  return {};
}

/// Watches a directory now, and all below it in the walk.
error_code watch_tree::descend(const std::string& directory) {
  int wd = -1;
  const auto ec = watch(directory, kind::directory, wd);
  if (!ec) left_.push_back(directory);
  return ec;
}

error_code watch_tree::walk(std::size_t most) {
  for (; most > 0 && !left_.empty(); --most) {
    const auto path = std::move(left_.back());
    left_.pop_back();
    int wd = -1;
    if (const auto ec = watch(path, kind::directory, wd)) {
      if (ec != boost::system::errc::no_such_file_or_directory) ++unwatched_;
      if (ec != boost::system::errc::no_space_on_device) continue;
      left_.clear();
      return ec;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(path.c_str()), ::closedir);
    while (const auto* entry = entries ? ::readdir(entries.get()) : nullptr) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || ignored(name)) continue;
      auto below = join(path, name);
      if (is_directory(below, *entry)) left_.push_back(std::move(below));
    }
  }
  return {};
}

/// Goes from "/" to the root and watches what can be replaced on the way, as far as there is one. A
/// name is looked up after it is watched: what appears after that is told.
error_code watch_tree::follow(root& which) {
  which.way.clear();
  std::string directory = "/";
  for (std::size_t at = 1; at < which.path.size();) {
    const auto end = std::min(which.path.find('/', at), which.path.size());
    step next;
    next.name = which.path.substr(at, end - at);
    at = end + 1;
    const auto path = join(directory, next.name);
    struct stat found {};
    const bool there = ::lstat(path.c_str(), &found) == 0;
    const bool fixed = there && S_ISDIR(found.st_mode) && end < which.path.size();
    if (fixed) next.name.clear();
    const auto ec =
        fixed ? watch(path, kind::passage, next.wd) : watch(directory, kind::names, next.wd);
    if (ec) return ec;
    which.way.push_back(next);
    if (!there && ::lstat(path.c_str(), &found) != 0) return last_error();
    directory = path;
  }
  return {};
}

error_code watch_tree::attach(root& which) {
  if (const auto ec = follow(which)) return ec;
  struct stat found {};
  if (::stat(which.path.c_str(), &found) != 0) return last_error();
  if (S_ISDIR(found.st_mode)) return descend(which.path);
  int wd = -1;
  return watch(which.path, kind::file, wd);
}

error_code watch_tree::add(const std::string& path) {
  root made;
  made.path = tidy(path);
  roots_.push_back(made);
  return attach(roots_.back());
}

/// What came or went by `name` in a directory, as far as roots go. True: one of them is meant.
bool watch_tree::reattach(int wd, std::string_view name) {
  bool meant = false;
  for (auto& each : roots_) {
    const auto waits = [&](const step& it) { return it.wd == wd && it.name == name; };
    const auto found = std::find_if(each.way.begin(), each.way.end(), waits);
    if (found == each.way.end()) continue;
    const bool itself = std::next(found) == each.way.end() && is_last(each.path, name);
    forget_below(each.path);  // what it was until now: other inodes by the same names
    const auto ec = attach(each);
    if (ec == boost::system::errc::no_space_on_device) ++unwatched_;
    // A directory on the way to a root that is not there yet changes nothing.
    meant = meant || itself || !ec;
  }
  return meant;
}

void watch_tree::forget_below(const std::string& path) {
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    const bool below = it->second.path == path || is_below(it->second.path, path);
    if (below) ::inotify_rm_watch(fd_, it->first);
    it = below ? nodes_.erase(it) : std::next(it);
  }
}

/// A watch is gone, or its path is: roots that it led to look for a new way, and one that was this
/// inode for what has its name now. The root that it led to, if to one.
std::optional<std::string> watch_tree::lose(int wd) {
  std::string path;
  if (const auto it = nodes_.find(wd); it != nodes_.end()) {
    path = it->second.path;
    nodes_.erase(it);
  }
  std::optional<std::string> led;
  for (auto& each : roots_) {
    const auto here = [&](const step& it) { return it.wd == wd; };
    const bool on_the_way = std::any_of(each.way.begin(), each.way.end(), here);
    if (on_the_way || each.path == path) attach(each);
    if (on_the_way && !led) led = each.path;
  }
  return led;
}

/// Events were lost: everything may have changed, and new directories are not watched yet.
std::optional<std::string> watch_tree::rescan() {
  left_.clear();  // below the roots, which are walked anew
  for (auto& each : roots_) attach(each);
  if (roots_.empty()) return std::nullopt;
  return roots_.front().path;
}

std::optional<std::string> watch_tree::take(int wd, std::uint32_t mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) return rescan();
  if ((mask & IN_IGNORED) != 0) return lose(wd);
  const auto it = nodes_.find(wd);
  if (it == nodes_.end()) return std::nullopt;
  const node at = it->second;
  if ((mask & IN_MOVE_SELF) != 0 && !at.file) {
    forget_below(at.path);
    return lose(wd);
  }
  if (name.empty()) {
    const bool counts = at.file && (mask & (contents | self)) != 0;
    return counts ? std::optional(at.path) : std::nullopt;
  }

  const auto path = join(at.path, name);
  if ((mask & IN_ISDIR) != 0 && (mask & (IN_MOVED_FROM | IN_DELETE)) != 0) forget_below(path);
  if ((mask & names) != 0 && reattach(wd, name)) return path;
  if (!at.tree || ignored(name)) return std::nullopt;
  if ((mask & IN_ISDIR) != 0 && (mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
    const auto ec = descend(path);
    if (ec && ec != boost::system::errc::no_such_file_or_directory) ++unwatched_;
  }
  return path;
}

}  // namespace aurora::reactor

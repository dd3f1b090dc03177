#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/system/error_code.hpp>

namespace aurora::reactor {

/// Which directories and files an inotify descriptor watches, and what its events mean. No loop in
/// here: events in, "this path changed" out.
///
/// Each path that was asked for is a *root*. What is watched for it:
/// - the root itself: a file by its inode (so that a symbolic link's target counts), a directory
///   with all below it, except what is ignored and what symbolic links lead to;
/// - the *way* to it: by name where the root itself, a symbolic link on the way, or the first
///   directory that is missing can be replaced or appear; by inode where a directory can be moved.
class watch_tree {
 public:
  /// `fd` is borrowed. `ignore`: fnmatch(3) patterns on names; version control, caches and what
  /// editors leave while a file is open are ignored always.
  watch_tree(int fd, std::vector<std::string> ignore);

  /// ENOENT where the path does not exist, ENOSPC at the system's limit of watches. Of a directory
  /// only itself is watched then; `walk` goes on below it.
  boost::system::error_code add(const std::string& path);

  /// The path that changed, if the event means that one did.
  std::optional<std::string> take(int wd, std::uint32_t mask, std::string_view name);

  /// Watches up to so many of the directories that are known of and not watched yet. A tree of
  /// 100,000 takes about two seconds, so it is walked in parts, between the loop's other work; what
  /// changes in a directory before the walk has come to it is not seen. ENOSPC ends the walk.
  boost::system::error_code walk(std::size_t most);
  bool walking() const { return !left_.empty(); }

  /// Directories that appeared later and could not be watched (limit of watches, permission).
  std::size_t unwatched() const { return unwatched_; }

 private:
  enum class kind { directory, file, names, passage };
  /// An inode that is watched; it may be both part of a tree and on the way to roots.
  struct node {
    std::string path;
    bool tree = false;  ///< every name in it counts
    bool file = false;
  };
  struct step {
    int wd = -1;
    std::string name;  ///< that is waited for in this directory; empty: the directory itself counts
  };
  struct root {
    std::string path;
    std::vector<step> way;
  };

  boost::system::error_code watch(const std::string& path, kind what, int& wd);
  boost::system::error_code attach(root& which);
  boost::system::error_code follow(root& which);
  boost::system::error_code descend(const std::string& directory);
  bool reattach(int wd, std::string_view name);
  std::optional<std::string> lose(int wd);
  void forget_below(const std::string& path);
  bool ignored(std::string_view name) const;
  std::optional<std::string> rescan();

  int fd_;
  std::vector<std::string> ignore_;
  std::vector<root> roots_;
  std::unordered_map<int, node> nodes_;
  std::vector<std::string> left_;  ///< directories that `walk` is to come to
  std::size_t unwatched_ = 0;
};

}  // namespace aurora::reactor

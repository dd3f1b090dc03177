#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/result.hpp>

#include <aurora/spec.hpp>

namespace aurora::reactor {

/// Watches files and directory trees with inotify (new sub-directories too) and calls back once per
/// burst, `debounce` after its last change, with the path that changed first. Editors that replace
/// files by rename are seen, and so is a path that was deleted and comes back. Symbolic links below
/// a watched directory are not followed. Ignored beside `spec.ignore`, always: .git, __pycache__,
/// .aurora, node_modules and what editors keep beside an open file (*.swp, *~, .#*, 4913).
/// A large tree is walked in parts between the loop's other work, some 128 directories at a time:
/// the first of them before `open` returns, the rest while `walking`. Changes in directories that
/// the walk has not come to are not seen yet.
/// When the kernel lost events (IN_Q_OVERFLOW) that counts as a change of the first path.
class file_watch {
 public:
  using handler = std::function<void(const std::string& path)>;
  /// The error of a path that is not there or cannot be watched; ENOSPC and EMFILE: the system's
  /// limits fs.inotify.max_user_watches and max_user_instances (one instance a watch object).
  static boost::system::result<std::unique_ptr<file_watch>> open(
      boost::asio::any_io_executor executor, const watch_spec& spec, handler on_change);
  /// No callback after this; also from within one.
  ~file_watch();

  /// Whether directories are left that are not watched yet.
  bool walking() const;

  /// Directories that appeared later and could not be watched.
  std::size_t unwatched() const;

 private:
  struct impl;
  explicit file_watch(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora::reactor

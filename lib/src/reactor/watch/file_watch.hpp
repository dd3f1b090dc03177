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
/// files by rename are seen.
class file_watch {
 public:
  using handler = std::function<void(const std::string& path)>;
  static boost::system::result<std::unique_ptr<file_watch>> open(
      boost::asio::any_io_executor executor, const watch_spec& spec, handler on_change);
  ~file_watch();

 private:
  struct impl;
  explicit file_watch(std::unique_ptr<impl> impl);
  std::unique_ptr<impl> impl_;
};

}  // namespace aurora::reactor

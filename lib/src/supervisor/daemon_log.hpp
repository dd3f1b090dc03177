#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aurora::shell {

enum class log_level { error, warning, info, debug };

/// The daemon's own log on stderr: a line an event, gathered and written once a turn. Never blocks:
/// what a full pipe or a stopped terminal does not take is kept up to 64 KiB, then dropped and
/// counted.
class daemon_log {
 public:
  explicit daemon_log(int fd = 2, log_level most = log_level::info) : fd_(fd), most_(most) {}

  void set_level(log_level most) { most_ = most; }
  bool wants(log_level level) const { return level <= most_; }
  void write(log_level level, std::string_view text);
  void flush();

 private:
  int fd_;
  log_level most_;
  std::string pending_;
  std::size_t dropped_ = 0;
};

}  // namespace aurora::shell

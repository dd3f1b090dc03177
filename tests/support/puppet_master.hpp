#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

#include "support/temp_dir.hpp"

namespace aurora::test {

/// An AURORA_RUN that no other test, and no other case, has.
std::string unique_marker();

/// The test's end of a puppet (puppet.cpp). Blocks, each time with a deadline after which it
/// throws: a test shakes hands and never sleeps. Start `program()` with `environment()`, then
/// `meet()`.
class puppet_master {
 public:
  puppet_master();
  ~puppet_master();
  puppet_master(const puppet_master&) = delete;
  puppet_master& operator=(const puppet_master&) = delete;

  static std::string program();
  const std::string& marker() const { return marker_; }
  /// PUPPET_SOCKET, AURORA_RUN and a PATH.
  std::vector<std::string> environment() const;

  /// Waits until the puppet has called; its pid.
  pid_t meet();
  /// Says a line and waits for "ok ..."; what follows the ok. Throws on any other answer.
  std::string ask(const std::string& line);
  /// Says a line that kills, stops or hangs the puppet.
  void tell(const std::string& line);
  std::vector<pid_t> ask_pids(const std::string& line);
  /// Waits until the puppet has let go of the socket: it and all that hold it have ended.
  void see_off();

 private:
  std::string read_line();

  temp_dir directory_;
  std::string marker_;
  std::string pending_;
  int listener_ = -1;
  int peer_ = -1;
};

/// Waits until the process has ended (a zombie counts), by its pidfd; false: not within the limit.
bool await_end(pid_t pid, std::chrono::milliseconds limit = std::chrono::seconds(20));
/// It exists and is no zombie.
bool is_alive(pid_t pid);
/// A zombie waits to be reaped under this pid.
bool is_zombie(pid_t pid);
/// Descriptors that this process has open.
int open_descriptors();

}  // namespace aurora::test

#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "keeper/protocol.hpp"
#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {

/// What is to be said to the keeper, in order; neighbours of one kind share a message. Owns
/// duplicates of the descriptors until they are sent.
class outbox {
 public:
  explicit outbox(int link) : link_(link) {}

  void hold(const keeper::held_key& key, int fd);
  void release(const keeper::held_key& key);
  void settled(pid_t pid);
  void ready();
  void leaving(int code);
  void replace();
  void notify(std::string_view text);

  enum class state { sent, waiting, refused, gone };
  /// Sends what the link takes now. refused: to be tried again after a while.
  state flush();
  bool empty() const { return queue_.empty(); }
  void clear() { queue_.clear(); }

 private:
  struct letter {
    keeper::message text;
    std::vector<unique_fd> fds;
  };
  /// The message that one more of `what` fits into.
  letter& letter_for(keeper::verb what, std::uint32_t most);

  int link_;
  std::deque<letter> queue_;
};

}  // namespace aurora::reactor

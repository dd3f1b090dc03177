#pragma once

#include "keeper/protocol.hpp"

namespace aurora::keeper {

struct held {
  held_key key;
  process_end end;  ///< of a process; pid 0: not yet, or settled
  int fd;
  std::uint32_t chain;  ///< the next of the same hash, by descriptor + 1
  bool used;
  bool end_untold;
};

bool has_ended(int pidfd);

/// The descriptors that outlive a reactor, and how their processes ended. An entry lies where its
/// descriptor's number says. Lives in the keeper's memory: empty when that is zeroed.
class held_table {
 public:
  static constexpr int most = 65'536;

  /// Closes all, for the reactor's process and for the end.
  void close();

  /// The entry that owns `fd` from here on, in place of one of the same key. Null: there can be no
  /// such entry, and `fd` is closed. The end of a process stays known when it is held anew.
  held* hold(const held_key& key, int fd);
  /// Forgets the end of a process too.
  void release(const held_key& key);
  /// The entry of a child, which must not be reaped yet: only so can it be told from an earlier
  /// process of the same pid. Null: it is not held.
  held* find_child(std::int32_t pid);
  void ended(held& process, const process_end& end);
  void settled(std::int32_t pid);
  int processes() const { return processes_; }
  /// The descriptor that is held under that kind, 0 and no name; -1: none.
  int descriptor(kind what);

  /// A new reactor is to be told all.
  void rewind();
  /// The next descriptors to be told, up to most_keys; how many. `told` when they are sent, in one
  /// go for all of them with `most`.
  std::uint32_t untold(held_key* keys, int* fds) const;
  void told(int last_fd) { next_ = last_fd + 1; }
  /// The same of ends, up to most_ends.
  std::uint32_t untold_ends(process_end* ends) const;
  void told_ends(std::uint32_t count);

 private:
  std::uint32_t& find(const held_key& key);
  template <class Same>
  std::uint32_t& find(const held_key& key, Same same);

  held entries_[most];
  std::uint32_t heads_[most];
  int end_;   ///< after the last descriptor that was ever held
  int next_;  ///< to be told
  int processes_;
  std::uint32_t untold_ends_;
};

}  // namespace aurora::keeper

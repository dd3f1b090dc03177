#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <aurora/status.hpp>

#include "server/backend.hpp"
#include "store/event_file.hpp"

namespace aurora::shell {

/// What happened, newest last: the source of `events`, `why` and the stream. Bounded. With a file
/// it goes on where an earlier daemon ended: its numbers, and its entries when somebody asks.
class journal {
 public:
  explicit journal(std::size_t most = 10'000) : most_(most) {}

  /// Before the first entry.
  void go_on(std::unique_ptr<store::event_file> file);

  /// Numbers and stamps the entry, keeps it and tells the observers.
  const journal_entry& append(journal_entry entry);
  /// Writes what was appended since to the file. Returns: words about it; empty: all is well.
  std::string flush();

  /// Entries after `since`, oldest first, at most `most`.
  std::vector<journal_entry> after(std::uint64_t since, std::size_t most);
  /// The last `most` entries of one instance, oldest first.
  std::vector<journal_entry> of(const std::string& instance, std::size_t most);
  std::uint64_t last() const { return next_ - 1; }

  void observe(server::observer& who);
  void forget(server::observer& who);
  /// By index: an observer may end, and be forgotten, while it is told.
  template <class Tell>
  void each_observer(Tell tell) {
    for (std::size_t i = 0; i < observers_.size(); ++i) tell(*observers_[i]);
  }

 private:
  void recall();

  std::size_t most_;
  std::unique_ptr<store::event_file> file_;
  bool recalled_ = true;
  std::uint64_t next_ = 1;
  std::deque<journal_entry> entries_;
  std::vector<server::observer*> observers_;
};

}  // namespace aurora::shell

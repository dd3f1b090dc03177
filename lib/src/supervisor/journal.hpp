#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <aurora/status.hpp>

#include "server/backend.hpp"

namespace aurora::shell {

/// What happened, newest last: the source of `events`, `why` and the stream. Bounded.
class journal {
 public:
  explicit journal(std::size_t most = 10'000) : most_(most) {}

  /// Numbers and stamps the entry, keeps it and tells the observers.
  const journal_entry& append(journal_entry entry);

  /// Entries after `since`, oldest first, at most `most`.
  std::vector<journal_entry> after(std::uint64_t since, std::size_t most) const;
  /// The last `most` entries of one instance, oldest first.
  std::vector<journal_entry> of(const std::string& instance, std::size_t most) const;
  std::uint64_t last() const { return next_ - 1; }

  void observe(server::observer& who);
  void forget(server::observer& who);

 private:
  std::size_t most_;
  std::uint64_t next_ = 1;
  std::deque<journal_entry> entries_;
  std::vector<server::observer*> observers_;
};

}  // namespace aurora::shell

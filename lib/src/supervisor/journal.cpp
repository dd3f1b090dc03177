#include "supervisor/journal.hpp"

#include <algorithm>

#include "supervisor/clock.hpp"

namespace aurora::shell {

const journal_entry& journal::append(journal_entry entry) {
  entry.sequence = next_++;
  entry.at = wall_now();
  entries_.push_back(std::move(entry));
  if (entries_.size() > most_) entries_.pop_front();
  // By index: an observer may end, and be forgotten, while it is told.
  for (std::size_t i = 0; i < observers_.size(); ++i) observers_[i]->on_entry(entries_.back());
  return entries_.back();
}

std::vector<journal_entry> journal::after(std::uint64_t since, std::size_t most) const {
  std::vector<journal_entry> found;
  if (entries_.empty()) return found;
  const std::uint64_t first = entries_.front().sequence;
  std::size_t at = since < first ? 0 : static_cast<std::size_t>(since - first + 1);
  for (; at < entries_.size() && found.size() < most; ++at) found.push_back(entries_[at]);
  return found;
}

std::vector<journal_entry> journal::of(const std::string& instance, std::size_t most) const {
  std::vector<journal_entry> found;
  for (auto it = entries_.rbegin(); it != entries_.rend() && found.size() < most; ++it)
    if (it->instance == instance) found.push_back(*it);
  std::reverse(found.begin(), found.end());
  return found;
}

void journal::observe(server::observer& who) { observers_.push_back(&who); }

void journal::forget(server::observer& who) {
  observers_.erase(std::remove(observers_.begin(), observers_.end(), &who), observers_.end());
}

}  // namespace aurora::shell

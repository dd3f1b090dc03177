#include "supervisor/journal.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "supervisor/clock.hpp"

namespace aurora::shell {

void journal::go_on(std::unique_ptr<store::event_file> file) {
  file_ = std::move(file);
  next_ = file_->last() + 1;
  recalled_ = next_ == 1;
}

// Only when somebody asks for them: a start after a kill is to be short.
void journal::recall() {
  if (std::exchange(recalled_, true)) return;
  auto past = file_->read(entries_.empty() ? next_ : entries_.front().sequence);
  entries_.insert(entries_.begin(), std::move_iterator(past.begin()),
                  std::move_iterator(past.end()));
  while (entries_.size() > most_) entries_.pop_front();
}

std::string journal::flush() {
  if (!file_) return {};
  file_->flush();
  return file_->fault();
}

const journal_entry& journal::append(journal_entry entry) {
  entry.sequence = next_++;
  entry.at = wall_now();
  entries_.push_back(std::move(entry));
  if (entries_.size() > most_) entries_.pop_front();
  if (file_) file_->put(entries_.back());
  each_observer([this](auto& who) { who.on_entry(entries_.back()); });
  return entries_.back();
}

std::vector<journal_entry> journal::after(std::uint64_t since, std::size_t most) {
  if (entries_.empty() || entries_.front().sequence > since + 1) recall();
  std::vector<journal_entry> found;
  // Numbers grow, but some of an earlier daemon may be missing.
  auto at =
      std::upper_bound(entries_.begin(), entries_.end(), since,
                       [](std::uint64_t number, const auto& e) { return number < e.sequence; });
  for (; at != entries_.end() && found.size() < most; ++at) found.push_back(*at);
  return found;
}

std::vector<journal_entry> journal::of(const std::string& instance, std::size_t most) {
  recall();
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

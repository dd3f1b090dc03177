#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "server/backend.hpp"

namespace aurora::server {

/// Someone who follows what happens: a WebSocket client, a follower of events or of a log. Told
/// from within the supervisor's own turn, so it only notes and wakes.
class follower {
 public:
  virtual ~follower() = default;
  virtual void on_entry(const journal_entry& entry) = 0;
  /// The server stops: say goodbye and end.
  virtual void on_stop() = 0;
};

/// Hands the journal's entries to all followers, and knows the number of the last one. Entries
/// themselves are not queued for anyone: each follower reads the journal from where it stands, so
/// that a slow one costs no memory.
class publisher : public observer {
 public:
  explicit publisher(backend& from) : from_(from) {}
  ~publisher() override { stop_observing(); }
  publisher(const publisher&) = delete;
  publisher& operator=(const publisher&) = delete;

  void start_observing() {
    if (observing_) return;
    observing_ = true;
    const auto known = from_.events(0, most_kept);
    if (!known.empty()) last_ = known.back().sequence;
    from_.observe(*this);
  }
  void stop_observing() {
    if (observing_) from_.forget(*this);
    observing_ = false;
  }

  std::uint64_t last_sequence() const { return last_; }
  void add(follower& who) { followers_.push_back(&who); }
  void remove(follower& who) { std::erase(followers_, &who); }

  void on_entry(const journal_entry& entry) override {
    last_ = entry.sequence;
    for (follower* each : followers_) each->on_entry(entry);
  }
  void stop() {
    for (follower* each : followers_) each->on_stop();
  }

  static constexpr std::size_t most_kept = 10'000;  ///< entries the journal keeps

 private:
  backend& from_;
  std::vector<follower*> followers_;
  std::uint64_t last_ = 0;
  bool observing_ = false;
};

}  // namespace aurora::server

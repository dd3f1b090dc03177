#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/backend.hpp"
#include "server/data_feed.hpp"
#include "wire/inspection.hpp"

namespace aurora::server {

/// Someone who follows what happens: a WebSocket client, a follower of events or of a log. Told
/// from within the supervisor's own turn, so it only notes and wakes.
class follower {
 public:
  virtual ~follower() = default;
  virtual void on_entry(const journal_entry& entry) = 0;
  virtual bool wants_probe(const std::string& /*instance*/) const { return false; }
  virtual void on_probe(const shared_text& /*message*/) {}
  virtual void on_usage(const shared_text& /*message*/) {}
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
  void on_probe(const std::string& instance, const probe_answer& answer) override {
    shared_text message;
    for (follower* each : followers_) {
      if (!each->wants_probe(instance)) continue;
      if (!message) message = share(wire::probe_message(instance, answer));
      each->on_probe(message);
    }
  }
  void on_usage(const usage_moment& now) override {
    const auto message = share(wire::usage_message(now));
    for (follower* each : followers_) each->on_usage(message);
  }
  void stop() {
    for (follower* each : followers_) each->on_stop();
  }

  static constexpr std::size_t most_kept = 10'000;  ///< entries the journal keeps

 private:
  static shared_text share(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
  }

  backend& from_;
  std::vector<follower*> followers_;
  std::uint64_t last_ = 0;
  bool observing_ = false;
};

}  // namespace aurora::server

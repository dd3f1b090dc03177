#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

namespace aurora::reactor {

class deadline;

/// The deadlines of all operations in flight behind one timer, which is set for the earliest and
/// left alone when an operation ends in time: a probe that is answered costs no timer at all, and
/// an idle set wakes nobody. Made by `make_shared`; the timer holds it weakly.
class deadline_set : public std::enable_shared_from_this<deadline_set> {
 public:
  using clock = std::chrono::steady_clock;

  explicit deadline_set(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

  /// All of them pass now, and whatever is added later at once.
  void stop();
  bool stopped() const { return stopped_; }

 private:
  friend class deadline;
  using hook =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  void wake_at(clock::time_point when);
  void expire();

  boost::asio::steady_timer timer_;
  boost::intrusive::list<deadline, boost::intrusive::base_hook<hook>,
                         boost::intrusive::constant_time_size<false>>
      live_;
  clock::time_point armed_for_ = clock::time_point::max();
  bool stopped_ = false;
};

/// The time at which one operation must be over. When it passes, what was given to `cancels` is
/// cancelled once; whoever awaits asks `passed()` after each wait, because what was cancelled may
/// have been between two waits. Must not outlive its set.
class deadline : public deadline_set::hook {
 public:
  deadline(deadline_set& set, deadline_set::clock::time_point when);
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

  bool passed() const { return passed_; }
  deadline_set& set() const { return set_; }
  deadline_set::clock::time_point when() const { return when_; }

  /// `object` is borrowed until the next call of `cancels` or `cancels_nothing`. A socket is
  /// closed, so that no later step of a composed operation can wait for it; a timer is cancelled.
  template <class Object>
  void cancels(Object& object) {
    object_ = &object;
    cancel_ = [](void* what) {
      auto& it = *static_cast<Object*>(what);
      if constexpr (requires { it.is_open(); }) {
        boost::system::error_code ignored;
        it.close(ignored);
      } else {
        it.cancel();
      }
    };
  }
  void cancels_nothing() { cancel_ = nullptr; }

 private:
  friend class deadline_set;
  void pass();

  deadline_set& set_;
  deadline_set::clock::time_point when_;
  void* object_ = nullptr;
  void (*cancel_)(void*) = nullptr;
  bool passed_ = false;
};

}  // namespace aurora::reactor

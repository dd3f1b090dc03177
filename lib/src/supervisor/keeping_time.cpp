#include <fmt/format.h>

#include <chrono>

#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/words.hpp"

// The driver's one timer: the next moment that the engine waits for.
namespace aurora::shell {
namespace {

/// What the engine waits for may come so late before it is told.
constexpr duration longest_lag = std::chrono::seconds(1);

std::chrono::steady_clock::time_point on_steady_clock(instant when) {
  return std::chrono::steady_clock::time_point(when.time_since_epoch());
}

}  // namespace

void driver::rearm() {
  const auto due = engine_.next_deadline();
  if (!due || stopping_ || (armed_ && *armed_ <= *due)) return;
  armed_ = due;
  deadline_.cancel();
}

boost::asio::awaitable<void> driver::keep_time() {
  while (!stopping_) {
    armed_ = engine_.next_deadline();
    deadline_.expires_at(armed_ ? on_steady_clock(*armed_)
                                : std::chrono::steady_clock::time_point::max());
    const auto [interrupted] = co_await deadline_.async_wait(reactor::tok);
    if (interrupted) continue;
    if (armed_) note_lag(monotonic_now() - *armed_);
    armed_.reset();
    post(core::event::tick{});
  }
}

void driver::note_lag(duration late) {
  counters_.on_lag(late);
  if (late < longest_lag) return;
  log(log_level::warning,
      fmt::format("the event loop was held up for {}: answers, probes and restarts came that much "
                  "later (a slow disk below the logs? no processor or memory to spare?)",
                  in_words(late)));
}

}  // namespace aurora::shell

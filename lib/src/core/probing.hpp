#pragma once

#include <string>

#include <aurora/spec.hpp>
#include <aurora/status.hpp>
#include <aurora/time.hpp>

#include "core/moments.hpp"

/// When to probe and what the answers mean.
namespace aurora::core {

/// Counts the answers of probes: only answers in a row change the verdict, and exactly at the
/// configured counts (`retries` failures, `successes` successes; 0 means 1).
class probe_tally {
 public:
  enum class change { none, became_healthy, became_unhealthy };

  change succeeded(const health_spec& rule);
  change failed(const health_spec& rule);

  /// A failure that must not count (while starting, within `start_period`): it only ends a row of
  /// successes.
  void failed_uncounted() { successes_ = 0; }

  /// One that had come to a verdict, with so many failures in a row since.
  static probe_tally of(health verdict, unsigned failures) {
    probe_tally tally;
    tally.verdict_ = verdict;
    tally.failures_ = failures;
    return tally;
  }

  health verdict() const { return verdict_; }
  unsigned failures() const { return failures_; }

 private:
  health verdict_ = health::unknown;
  unsigned failures_ = 0;   // in a row
  unsigned successes_ = 0;  // in a row
};

/// The times of one run's probes: a grid of equal steps. Late calls skip the steps they missed
/// instead of catching up, and never move the grid.
struct probe_schedule {
  instant due = never;
  duration step{};
  bool in_flight = false;
  probe_tally tally;
  std::string answer;        ///< the last one's text
  unsigned repetitions = 0;  ///< how often in a row it was that

  /// The next probe at `first`, then one every `every`.
  void begin(instant first, duration every);
  void end() { due = never; }
  /// Keeps an answer's text.
  void heard(const std::string& text);

  /// To be called at `due` or later: moves `due` to the first step after `now`. True: a probe is to
  /// be made now; false: the previous one is still in flight, so this step is left out.
  bool fire(instant now);
};

/// The first probe of a run that becomes ready by its probe comes soon: most programs listen within
/// milliseconds.
duration first_probe_delay(const health_spec& rule);

/// The first probe after ready: half to all of the interval from now, so that many services do not
/// probe at once, and at the start of a slot of an eighth of the interval (a quarter of a second at
/// most) that all services share. A wake-up costs as much as a probe: a hundred services probed
/// every second, each at a moment of its own, took three times the CPU (measured). luck: 0 to 1.
instant first_steady_probe(const health_spec& rule, instant now, double luck);

/// No grid is finer than this, whatever the configuration says.
inline constexpr duration shortest_probe_step = std::chrono::milliseconds(1);

}  // namespace aurora::core

#include "core/counters.hpp"

#include <functional>

namespace aurora::core {
namespace {

// Seconds. A start is anything from an exec to the warming of a cache, a probe from a connect on
// loopback to the longest sensible timeout, the loop's lag from nothing to what a watchdog bites.
constexpr std::array start_bounds{0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0};
constexpr std::array probe_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                  0.1,   0.25,   0.5,   1.0,  2.5,   5.0};
constexpr std::array lag_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0};

}  // namespace

std::string_view to_string(end_cause cause) {
  switch (cause) {
    case end_cause::success:
      return "success";
    case end_cause::error:
      return "error";
    case end_cause::signal:
      return "signal";
    case end_cause::oom:
      return "oom";
    case end_cause::stopped:
      return "stopped";
    case end_cause::unknown:
      break;
  }
  return "unknown";
}

bool is_restart(const journal_entry& entry) {
  return entry.from != entry.to && entry.to == state::backoff && entry.why != reason::spawn_retry;
}

end_cause cause_of(const journal_entry& entry) {
  const auto& exit = entry.because.exit;
  if (exit && exit->why == exit_status::cause::oom) return end_cause::oom;
  if (entry.from == state::stopping) return end_cause::stopped;
  if (!exit || exit->how == exit_status::kind::unknown) return end_cause::unknown;
  if (exit->how == exit_status::kind::signaled) return end_cause::signal;
  return exit->code == 0 ? end_cause::success : end_cause::error;
}

instance_counters::instance_counters() : starts(start_bounds), probes(probe_bounds) {}

counters::counters() : lag_(lag_bounds) {}

void counters::on_entry(const journal_entry& entry) {
  auto& here = of_[entry.instance];
  if (entry.because.exit && here.ended_run != entry.run) {
    here.ended_run = entry.run;
    ++here.ends[static_cast<std::size_t>(cause_of(entry))];
  }
  if (entry.from == entry.to) return;
  if (is_restart(entry)) ++here.restarts;
  if (entry.to == state::running && here.starting_since)
    here.starts.observe(entry.when - *here.starting_since);
  here.starting_since.reset();
  if (entry.to == state::starting) here.starting_since = entry.when;
}

void counters::on_probe(const std::string& instance, duration took, bool healthy) {
  auto& here = of_[instance];
  here.probes.observe(took);
  if (!healthy) ++here.probe_failures;
}

const instance_counters* counters::find(const std::string& instance) const {
  const auto found = of_.find(instance);
  return found == of_.end() ? nullptr : &found->second;
}

}  // namespace aurora::core

#include "supervisor/words.hpp"

#include <fmt/format.h>

namespace aurora::shell {
namespace {

using namespace std::chrono;

std::string with_text(std::string head, const evidence& because) {
  if (!because.text.empty()) head += ": " + because.text;
  return head;
}

/// A hook that failed has no exit of the service's own, but words.
std::string ended(const evidence& because) {
  if (because.exit) return describe(*because.exit);
  return because.text.empty() ? "unknown" : because.text;
}

std::string counted(const evidence& because) {
  return because.limit ? fmt::format("{} of {}", because.count, because.limit)
                       : std::to_string(because.count);
}

std::string span_of(const evidence& because) {
  return because.delay ? in_words(*because.delay) : "its time";
}

}  // namespace

std::string in_words(duration span) {
  const auto ms = duration_cast<milliseconds>(span).count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  const auto s = ms / 1000;
  if (s < 10 && ms % 1000 >= 50) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600)
    return s % 60 ? fmt::format("{} min {} s", s / 60, s % 60) : fmt::format("{} min", s / 60);
  if (s < 86400) return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {} h", s / 86400, s / 3600 % 24);
}

std::string in_words(aurora::reason why, const evidence& because) {
  switch (why) {
    case reason::not_started:
      return "not started";
    case reason::operator_start:
      return "asked to start";
    case reason::operator_stop:
      return "asked to stop";
    case reason::operator_restart:
      return "asked to restart";
    case reason::config_added:
      return "added by the configuration";
    case reason::config_changed:
      return with_text("its configuration changed", because);
    case reason::config_removed:
      return "removed from the configuration";
    case reason::scaled:
      return "scaled";
    case reason::files_changed:
      return with_text("watched files changed", because);
    case reason::dependency_wait:
      return with_text(fmt::format("waits for {}", because.dependency), because);
    case reason::dependency_failed:
      return with_text(fmt::format("{} failed, which it needs", because.dependency), because);
    case reason::dependency_timeout:
      return fmt::format("{} was not there within {}", because.dependency, span_of(because));
    case reason::dependency_restart:
      return fmt::format("{} went away", because.dependency);
    case reason::dependency_back:
      return because.dependency.empty() ? "what it waited for is there"
                                        : fmt::format("{} is there", because.dependency);
    case reason::spawned:
      return "its program was started";
    case reason::ready:
      return with_text("ready", because);
    case reason::exited:
      return fmt::format("ended by itself: {}", ended(because));
    case reason::completed:
      return fmt::format("completed: {}", ended(because));
    case reason::start_timeout:
      return with_text(fmt::format("not ready within {}", span_of(because)), because);
    case reason::unhealthy:
    case reason::probe_failed:
      // Before it is ready nothing is counted against it.
      return with_text(because.limit == 0
                           ? fmt::format("not ready, probes failed alike: {}", because.count)
                           : fmt::format("unhealthy, failed probes in a row: {}", counted(because)),
                       because);
    case reason::watchdog:
      return "its watchdog ran out";
    case reason::exec_failed:
      return with_text("cannot be started", because);
    case reason::spawn_retry:
      return with_text("could not be started just now", because);
    case reason::hook_failed:
      return with_text("a hook failed", because);
    case reason::backoff:
      return fmt::format("starts again in {}", span_of(because));
    case reason::backoff_over:
      return "the wait is over";
    case reason::limit_reached:
      return fmt::format("gave up: restarts within {}: {}", span_of(because), counted(because));
    case reason::policy_never:
      return fmt::format("ended ({}), and restart.policy does not bring it back", ended(because));
    case reason::stop_timeout:
      return fmt::format("killed after timeout: it did not stop within {}", span_of(because));
    case reason::stopped:
      return because.exit ? fmt::format("stopped: {}", ended(because)) : "stopped";
    case reason::shutdown:
      return "the stack is shutting down";
    case reason::critical_failed:
      return "a critical service gave up";
    case reason::probe_ok:
      return with_text("healthy", because);
    case reason::left_over:
      return fmt::format("processes it left over: {}", because.count);
    case reason::reachable:
      return with_text("answers", because);
    case reason::unreachable:
      return with_text("does not answer", because);
  }
  return std::string(to_string(why));
}

std::string in_words(const journal_entry& entry) {
  if (entry.from == entry.to)
    return fmt::format("{}: {}: {}", entry.instance, to_string(entry.to),
                       in_words(entry.why, entry.because));
  return fmt::format("{}: {} -> {}: {}{}", entry.instance, to_string(entry.from),
                     to_string(entry.to), in_words(entry.why, entry.because),
                     entry.pid ? fmt::format(" (pid {})", *entry.pid) : "");
}

log_level level_of(const journal_entry& entry) {
  if (entry.to == state::failed) return log_level::error;
  switch (entry.why) {
    case reason::unhealthy:
    case reason::probe_failed:
    case reason::start_timeout:
    case reason::watchdog:
    case reason::hook_failed:
    case reason::stop_timeout:
    case reason::left_over:
    case reason::spawn_retry:
    case reason::unreachable:
      return log_level::warning;
    default:
      return log_level::info;
  }
}

}  // namespace aurora::shell

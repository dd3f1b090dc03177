#include "describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

struct phrase {
  std::string_view code, words;
};
constexpr std::array<phrase, 36> phrases{{
    {"not-started", "not started"},
    {"operator-start", "asked to start"},
    {"operator-stop", "asked to stop"},
    {"operator-restart", "asked to restart"},
    {"config-added", "added by the configuration"},
    {"config-changed", "its configuration changed"},
    {"config-removed", "removed from the configuration"},
    {"scaled", "scaled"},
    {"files-changed", "watched files changed"},
    {"dependency-wait", "waits for a dependency"},
    {"dependency-failed", "a dependency failed"},
    {"dependency-timeout", "a dependency was not there in time"},
    {"dependency-restart", "a dependency went away"},
    {"dependency-back", "its dependency is back"},
    {"spawned", "started, not ready yet"},
    {"ready", "ready"},
    {"exited", "ended by itself"},
    {"completed", "done"},
    {"start-timeout", "not ready in time"},
    {"unhealthy", "too many failed probes"},
    {"watchdog", "its watchdog ran out"},
    {"exec-failed", "cannot be executed"},
    {"spawn-retry", "could not be started just now"},
    {"hook-failed", "a hook failed"},
    {"backoff", "waits before the next start"},
    {"backoff-over", "the wait is over"},
    {"limit-reached", "gave up after too many restarts"},
    {"policy-never", "ended, and restart.policy does not bring it back"},
    {"stop-timeout", "killed after timeout"},
    {"stopped", "stopped"},
    {"shutdown", "the stack is shutting down"},
    {"critical-failed", "a critical service gave up"},
    {"probe-ok", "healthy"},
    {"probe-failed", "unhealthy"},
    {"left-over", "processes it left over"},
    {"reachable", "answers"},
}};

bool shows_exit(const service_view& s) {
  return s.last_exit && s.reason != "operator-stop" && s.reason != "exec-failed" &&
         s.reason != "dependency-failed" && s.reason != "dependency-timeout";
}

}  // namespace

std::string reason_in_words(std::string_view reason) {
  for (const auto& p : phrases) {
    if (p.code == reason) return std::string(p.words);
  }
  return reason == "unreachable" ? "does not answer" : std::string(reason);
}

std::vector<std::string> waits_for(const service_view& s, const status_view& all) {
  std::vector<std::string> names;
  for (const auto& dependency : s.depends_on) {
    const bool missing =
        std::any_of(all.services.begin(), all.services.end(), [&](const service_view& other) {
          return (other.service == dependency || other.name == dependency) && !other.up();
        });
    if (missing) names.push_back(dependency);
  }
  return names;
}

namespace {

std::string failed_note(const service_view& s, const std::string& words,
                        const std::vector<std::string>& missing) {
  if (s.reason == "dependency-failed" && !missing.empty()) {
    return "needs " + enumerate(missing) +
           (missing.size() == 1 ? ", which is not there" : ", which are not there");
  }
  if (!s.because_text.empty()) return words + ": " + s.because_text;
  return shows_exit(s) ? words + ": " + in_words(*s.last_exit) : words;
}

}  // namespace

std::string note_of(const service_view& s, const status_view& all) {
  const std::string words = reason_in_words(s.reason);
  const auto missing = waits_for(s, all);
  if (s.state == "waiting" && !missing.empty()) return "waits for " + enumerate(missing);
  if (s.state == "backoff") {
    const std::string note = s.next_start ? "starts again in " + human(*s.next_start) : words;
    if (!s.because_text.empty()) return note + ": " + s.because_text;
    return s.last_exit ? note + " after " + in_words(*s.last_exit) : note;
  }
  if (s.state == "failed") return failed_note(s, words, missing);
  if (s.state == "running" && s.health == "unhealthy") {
    return s.because_text.empty() ? "unhealthy" : "unhealthy: " + s.because_text;
  }
  const bool alive = s.state == "running" || s.state == "starting";
  if (alive && !s.status_text.empty()) return s.status_text;
  if (s.state == "stopped" && s.reason == "exited" && s.last_exit) {
    return words + ": " + in_words(*s.last_exit);
  }
  return words;
}

namespace {

/// "starts again in 0.5s", "within 5m00s", "after 10s": what the span of an event is.
std::string span_in_words(const event_view& event) {
  const std::string span = human(*event.delay);
  if (event.to == "backoff") return "starts again in " + span;
  return (event.reason == "limit-reached" ? "within " : "after ") + span;
}

}  // namespace

std::string evidence_in_words(const event_view& event) {
  std::vector<std::string> parts;
  if (event.exit) parts.push_back(in_words(*event.exit));
  if (!event.dependency.empty()) parts.push_back(event.dependency);
  if (!event.text.empty()) parts.push_back(event.text);
  if (event.limit > 0) {
    parts.push_back(fmt::format("{} of {}", event.count, event.limit));
  } else if (event.count > 0) {
    parts.push_back(fmt::format("{}", event.count));
  }
  if (event.delay) parts.push_back(span_in_words(event));
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

}  // namespace aurora::ctl

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "config/resolve.hpp"
#include "config/values.hpp"

namespace aurora::config {
namespace {

double seconds(duration span) { return std::chrono::duration<double>(span).count(); }

/// How long the first `count` pauses are together where chance makes each as long as it can.
/// Once a pause has reached its cap all that follow are equal, so a limit of a million costs no
/// more than one of a hundred.
double longest_pauses(const restart_spec& rule, unsigned count) {
  const double cap = std::max(seconds(rule.max_delay), 0.0);
  double pause = std::min(seconds(rule.delay), cap);
  double sum = 0;
  for (unsigned i = 0; i < count; ++i) {
    const double next = std::min(pause * rule.factor, cap);
    sum += pause;
    if (next == pause) {
      sum += pause * (count - i - 1);
      break;
    }
    pause = next;
  }
  return sum * (1 + rule.jitter);
}

/// The largest limit that can still be reached; 0: none.
unsigned reachable_limit(const restart_spec& rule) {
  unsigned low = 0, high = rule.limit;
  while (low + 1 < high) {
    const auto middle = low + (high - low) / 2;
    (longest_pauses(rule, middle) <= seconds(rule.window) ? low : high) = middle;
  }
  return low;
}

/// The numbers that make the limit unreachable, and what to write instead.
diagnostic complaint_of(const restart_spec& rule, double needed) {
  diagnostic fault;
  fault.message = fmt::format(
      "{} restarts take up to {} by their own backoff ({}, times {} each, at most {}, jitter {}), "
      "more than the window of {}: it would never give up",
      rule.limit, format_duration(needed),
      format_duration(seconds(std::min(rule.delay, rule.max_delay))), format_number(rule.factor),
      format_duration(seconds(rule.max_delay)), format_number(rule.jitter),
      format_duration(seconds(rule.window)));
  fault.hint = "try ";
  if (needed <= longest_time) {
    fault.hint += fmt::format("\"window\": \"{}\", ", format_duration(std::ceil(needed)));
  }
  if (const auto reachable = reachable_limit(rule); reachable > 0) {
    fault.hint += fmt::format("\"limit\": {}, ", reachable);
  }
  fault.hint += "or \"limit\": 0 to never give up";
  return fault;
}

}  // namespace

void budget_check::operator()(const service_draft& service) {
  const auto& rule = service.restart;
  if (service.type == service_type::external || rule.policy == restart_policy::never) return;
  if (rule.limit == 0) return;
  const double needed = longest_pauses(rule, rule.limit);
  if (needed <= seconds(rule.window)) return;
  const bool own = owns_key(service, "restart");
  if (!own && std::exchange(told_of_defaults_, true)) return;
  auto fault = complaint_of(rule, needed);
  in_.fault_at(
      locate_key(service, stack_.defaults, "restart.limit"),
      own ? fmt::format("services.{}.restart.limit", service.name) : "defaults.restart.limit",
      std::move(fault.message), std::move(fault.hint));
}

}  // namespace aurora::config

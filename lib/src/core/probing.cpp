#include "core/probing.hpp"

#include <algorithm>

namespace aurora::core {

probe_tally::change probe_tally::succeeded(const health_spec& rule) {
  failures_ = 0;
  if (successes_ < rule.successes || successes_ == 0) ++successes_;
  if (verdict_ == health::healthy || successes_ < std::max(rule.successes, 1U)) return change::none;
  verdict_ = health::healthy;
  return change::became_healthy;
}

probe_tally::change probe_tally::failed(const health_spec& rule) {
  successes_ = 0;
  if (failures_ != static_cast<unsigned>(-1)) ++failures_;
  if (verdict_ == health::unhealthy || failures_ < std::max(rule.retries, 1U)) return change::none;
  verdict_ = health::unhealthy;
  return change::became_unhealthy;
}

void probe_schedule::begin(instant first, duration every) {
  due = first;
  step = std::max(every, shortest_probe_step);
}

void probe_schedule::heard(const std::string& text) {
  repetitions = text == answer ? repetitions + 1 : 1;
  answer = text;
}

bool probe_schedule::fire(instant now) {
  const auto missed = (now - due) / step;
  due = after(due, step * (missed + 1));
  return !in_flight;
}

duration first_probe_delay(const health_spec& rule) {
  return std::clamp(rule.start_interval, shortest_probe_step,
                    duration(std::chrono::milliseconds(50)));
}

instant first_steady_probe(const health_spec& rule, instant now, double luck) {
  constexpr duration longest_slot = std::chrono::milliseconds(250);
  const auto interval = std::max(rule.interval, shortest_probe_step);
  const auto half = interval / 2;
  const auto part = static_cast<double>((interval - half).count()) * std::clamp(luck, 0.0, 1.0);
  const auto at = after(now, half + duration(static_cast<duration::rep>(part)));
  const auto slot = std::clamp(interval / 8, shortest_probe_step, longest_slot);
  return std::max(now, at - at.time_since_epoch() % slot);
}

}  // namespace aurora::core

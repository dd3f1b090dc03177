#include <algorithm>

#include "core/engine_impl.hpp"

// Probes: when, and what follows from their answers.
namespace aurora::core {

/// A moment has come: the probe that is due is asked for, unless one is still out.
void engine::impl::ring(instance& i) {
  probe_schedule* probes = probes_of(i.at);
  if (!probes || now < probes->due || !probes->fire(now)) return;
  probes->in_flight = true;
  emit(command::probe{i.id, i.run});
}

void engine::impl::silence(instance& i, probe_schedule& probes) {
  probes.end();
  if (!probes.in_flight) return;
  probes.in_flight = false;
  emit(command::cancel_probe{i.id, i.run});
}

void engine::impl::answered(instance& i, const event::probe_result& e) {
  probe_schedule* probes = probes_of(i.at);
  if (!probes || !probes->in_flight || !i.spec->health) {
    ++stale;
    return;
  }
  probes->in_flight = false;
  probes->heard(e.text);
  if (std::holds_alternative<phase::observing>(i.at)) return answered_observing(i, e);
  const health_spec& rule = *i.spec->health;
  const process& main = *process_of(i.at);
  using change = probe_tally::change;
  if (std::holds_alternative<phase::starting>(i.at)) {
    if (!e.healthy) return answered_too_early(i, *probes);
    if (probes->tally.succeeded(rule) == change::became_healthy) become_ready(i);
    return;
  }
  evidence because;
  because.text = e.text;
  if (e.healthy) {
    if (probes->tally.failures() > 0) remember(i);
    if (probes->tally.succeeded(rule) == change::became_healthy)
      note(i, reason::probe_ok, std::move(because));
    return;
  }
  if (now < after(main.spawned_at, rule.start_period)) return probes->tally.failed_uncounted();
  remember(i);
  if (probes->tally.failed(rule) != change::became_unhealthy) return;
  because.count = probes->tally.failures();
  because.limit = rule.retries;
  note(i, reason::probe_failed, std::move(because));
}

// Nothing is counted before it is ready. But an answer that stays the same may well be a wrong path
// or a wrong port, and is told long before start_timeout ends the attempt.
void engine::impl::answered_too_early(instance& i, probe_schedule& probes) {
  probes.tally.failed_uncounted();
  if (probes.repetitions != std::max(i.spec->health->retries, 1U)) return;
  evidence because;
  because.text = probes.answer;
  because.count = probes.repetitions;
  i.last = {reason::probe_failed, because};  // what `status` says while it is starting
  note(i, reason::probe_failed, std::move(because));
}

// What is not ours is asked often while it is away, but less and less so.
void engine::impl::answered_observing(instance& i, const event::probe_result& e) {
  phase::observing p = std::get<phase::observing>(i.at);
  const health_spec& rule = *i.spec->health;
  evidence because;
  because.text = e.text;
  using change = probe_tally::change;
  if (e.healthy) {
    if (p.probes.tally.succeeded(rule) != change::became_healthy) return shift(i, std::move(p));
    p.reachable = true;
    p.probes.begin(first_steady_probe(rule, now, luck.share()), rule.interval);
    return move(i, std::move(p), reason::reachable, std::move(because));
  }
  if (!p.reachable) {
    p.probes.tally.failed_uncounted();
    const duration longest = std::max(rule.interval, rule.start_interval);
    const duration step = std::min(p.probes.step, longest);
    p.probes.begin(after(now, step), std::min(step < longest / 2 ? step * 2 : longest, longest));
    return shift(i, std::move(p));
  }
  if (p.probes.tally.failed(rule) != change::became_unhealthy) return shift(i, std::move(p));
  because.count = p.probes.tally.failures();
  because.limit = rule.retries;
  p.reachable = false;
  p.probes.begin(after(now, rule.start_interval), rule.start_interval);
  move(i, std::move(p), reason::unreachable, std::move(because));
}

/// A reload changed the rule under a run: its counts stay, its times are the new ones.
void engine::impl::health_rule_changed(instance& i, const std::optional<health_spec>& before) {
  probe_schedule* probes = probes_of(i.at);
  if (!probes) return;
  const auto& rule = i.spec->health;
  if (!rule) {
    silence(i, *probes);
    probes->tally = {};
    return;
  }
  const bool steady = std::holds_alternative<phase::running>(i.at) ||
                      (std::holds_alternative<phase::observing>(i.at) &&
                       std::get<phase::observing>(i.at).reachable);
  if (!steady) {
    if (!before && std::holds_alternative<phase::observing>(i.at))
      probes->begin(after(now, first_probe_delay(*rule)), rule->start_interval);
    return;
  }
  const bool new_times = !before || before->interval != rule->interval;
  if (new_times) probes->begin(first_steady_probe(*rule, now, luck.share()), rule->interval);
}

health engine::impl::health_of(const instance& i) const {
  if (!i.spec->health) return health::none;
  const probe_schedule* probes = probes_of(i.at);
  return probes ? probes->tally.verdict() : health::unknown;
}

}  // namespace aurora::core

#include <algorithm>

#include "core/engine_impl.hpp"

// Where an instance goes by itself from each phase: by what is wanted, what holds and what time it
// is. What came from outside is in events.cpp.
namespace aurora::core {
namespace {

motive hook_silent(const char* hook) {
  motive m{reason::hook_failed, {}};
  m.because.text = std::string(hook) + ": no answer";
  return m;
}

}  // namespace

void engine::impl::advance(instance& i) {
  while (slots[static_cast<std::size_t>(i.id)] &&
         std::visit([&](auto& p) { return next(i, p); }, i.at)) {
  }
}

bool engine::impl::next(instance& i, phase::stopped&) {
  if (i.removed) {
    forget(i);
    return false;
  }
  if (!wanted(i)) return false;
  go_up(i, motive(i.up));
  return true;
}

bool engine::impl::next(instance& i, phase::waiting& p) {
  if (!wanted(i)) {
    motive m = stop_motive(i);
    move(i, phase::stopped{}, m.why, std::move(m.because));
    return true;
  }
  if (can_start(i)) {
    motive m{reason::dependency_back, {}};
    m.because.dependency = i.last.because.dependency;
    launch(i, m);
    return true;
  }
  evidence because;
  if (services[i.service].broken > 0) {
    for (const graph::edge& e : services[i.service].needs)
      if (e.broken && because.dependency.empty()) because.dependency = e.name;
    move(i, phase::failed{phase::failed::cause::dependency_failed}, reason::dependency_failed,
         std::move(because));
    return true;
  }
  if (now < p.until) return false;
  because.dependency = waits_for(i);
  because.delay = i.spec->start_timeout;
  move(i, phase::failed{phase::failed::cause::dependency_timeout}, reason::dependency_timeout,
       std::move(because));
  return true;
}

bool engine::impl::next(instance& i, phase::preparing& p) {
  if (now >= p.until) {
    prepared(i, false, "pre_start: no answer");
    return true;
  }
  if (wanted(i) || held(i)) return false;
  motive m = stop_motive(i);
  ending end;
  end.why = m.why;
  move(i, phase::abandoning{end, p.until}, m.why, std::move(m.because));
  return true;
}

bool engine::impl::next(instance& i, phase::spawning&) {
  if (wanted(i) || held(i)) return false;
  motive m = stop_motive(i);
  phase::stopping stopping;
  stopping.end.why = m.why;
  stopping.until = after(now, i.spec->stop.timeout);
  stopping.at = phase::stopping::stage::unborn;
  move(i, std::move(stopping), m.why, std::move(m.because));
  return true;
}

bool engine::impl::next(instance& i, phase::starting& p) {
  if (now >= p.ready_due && p.ready_due <= p.until) {
    become_ready(i);
    return true;
  }
  if (now >= p.until) {
    ending end;
    end.by = ending::cause::forced;
    end.why = reason::start_timeout;
    evidence because;
    because.text = p.main.probes.answer;
    because.delay = i.spec->start_timeout;
    begin_stop(i, std::move(end), std::move(because));
    return true;
  }
  if (wanted(i) || held(i)) return false;
  begin_asked_stop(i);
  return true;
}

bool engine::impl::next(instance& i, phase::running& p) {
  ending end;
  end.by = ending::cause::forced;
  evidence because;
  if (now >= p.main.watchdog_due) {
    end.why = reason::watchdog;
    because.delay = p.main.watchdog;
    begin_stop(i, std::move(end), std::move(because));
    return true;
  }
  const auto& rule = i.spec->health;
  const probe_tally& tally = p.main.probes.tally;
  if (wanted(i) && rule && rule->on_failure == on_unhealthy::restart &&
      tally.verdict() == health::unhealthy) {
    end.why = reason::unhealthy;
    because.text = p.main.probes.answer;
    because.count = tally.failures();
    because.limit = rule->retries;
    begin_stop(i, std::move(end), std::move(because));
    return true;
  }
  if (wanted(i) || held(i)) return false;
  begin_asked_stop(i);
  return true;
}

bool engine::impl::next(instance& i, phase::observing& p) {
  if (!wanted(i)) {
    motive m = stop_motive(i);
    silence(i, p.probes);
    emit(command::end_run{i.id, i.run});
    if (i.cycle) {
      i.up = *i.cycle;
      i.cycle.reset();
      adopt(i);
    }
    move(i, phase::stopped{}, m.why, std::move(m.because));
    return true;
  }
  if (p.reachable || i.spec->health) return false;
  phase::observing there = p;
  there.reachable = true;
  move(i, std::move(there), reason::reachable);
  return true;
}

bool engine::impl::next(instance& i, phase::pre_stopping& p) {
  if (now < p.until) return false;
  motive m = hook_silent("pre_stop");
  note(i, m.why, std::move(m.because));
  send_stop(i);
  return true;
}

bool engine::impl::next(instance& i, phase::stopping& p) {
  if (p.at == phase::stopping::stage::leaving && !wanted(i)) {
    motive m = stop_motive(i);
    p.end.by = ending::cause::asked;
    p.end.why = m.why;
    p.until = after(now, i.spec->stop.timeout);
    note(i, m.why, std::move(m.because));
    send_stop(i);
    return true;
  }
  if (now < p.until) return false;
  kill_late(i, p);
  return false;
}

bool engine::impl::next(instance& i, phase::abandoning& p) {
  if (now < p.until) return false;
  settle(i, p.end);
  return true;
}

bool engine::impl::next(instance& i, phase::cleaning& p) {
  if (now < p.until) return false;
  motive m = hook_silent("post_stop");
  note(i, m.why, std::move(m.because));
  settle(i, p.end);
  return true;
}

bool engine::impl::next(instance& i, phase::backoff& p) {
  if (!wanted(i)) {
    motive m = stop_motive(i);
    i.cycle.reset();
    move(i, phase::stopped{}, m.why, std::move(m.because));
    return true;
  }
  if (i.again) return start_over(i);
  if (now < p.until) return false;
  go_up(i, {reason::backoff_over, {}});
  return true;
}

bool engine::impl::next(instance& i, phase::failed& p) {
  if (i.desired == desired_state::down || i.removed) {
    motive m = stop_motive(i);
    move(i, phase::stopped{}, m.why, std::move(m.because));
    return true;
  }
  if (!wanted(i)) return false;
  if (i.again) return start_over(i);
  const bool back = p.by == phase::failed::cause::dependency_failed
                        ? services[i.service].broken == 0
                        : p.by == phase::failed::cause::dependency_timeout && can_start(i);
  if (!back) return false;
  motive m{reason::dependency_back, {}};
  m.because.dependency = i.last.because.dependency;
  go_up(i, m);
  return true;
}

bool engine::impl::next(instance& i, phase::completed&) {
  if (wanted(i) && i.again) return start_over(i);
  if (i.desired == desired_state::up && !i.removed) return false;
  motive m = stop_motive(i);
  move(i, phase::stopped{}, m.why, std::move(m.because));
  return true;
}

bool engine::impl::start_over(instance& i) {
  go_up(i, motive(i.up));
  return true;
}

}  // namespace aurora::core

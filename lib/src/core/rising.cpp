#include <algorithm>

#include "core/engine_impl.hpp"

// From wanted to ready.
namespace aurora::core {
namespace {

bool is_ready_by_probe(const service_spec& spec) {
  return spec.health && std::holds_alternative<ready_on_probe>(spec.ready);
}

// Whether the execution of the program is all that is waited for.
bool is_ready_at_once(const service_spec& spec) {
  if (spec.type == service_type::oneshot) return true;
  if (std::holds_alternative<ready_on_probe>(spec.ready)) return !spec.health;
  return std::holds_alternative<ready_on_exec>(spec.ready);
}

}  // namespace

bool engine::impl::can_start(const instance& i) const {
  return services[i.service].unmet == 0 && !predecessor(i);
}

// While "web" becomes "web@1" both have the same number, and with it the same port and data.
const instance* engine::impl::predecessor(const instance& i) const {
  const graph::node& n = services[i.service];
  if (n.members.size() == n.counted) return nullptr;
  for (const instance_id id : n.members)
    if (const instance& other = get(id);
        &other != &i && other.number == i.number && other.removed && is_alive(other.at))
      return &other;
  return nullptr;
}

/// The first thing it cannot start without.
std::string engine::impl::waits_for(const instance& i) const {
  for (const graph::edge& e : services[i.service].needs)
    if (!e.holds) return e.name;
  const instance* other = predecessor(i);
  return other ? other->name : std::string();
}

void engine::impl::go_up(instance& i, const motive& why) {
  if (can_start(i)) return launch(i, why);
  evidence because;
  because.dependency = waits_for(i);
  move(i, phase::waiting{after(now, i.spec->start_timeout)}, reason::dependency_wait,
       std::move(because));
}

void engine::impl::launch(instance& i, const motive& why) {
  ++i.run;
  i.status_text.clear();
  if (i.spec->type == service_type::external) {
    phase::observing watched;
    if (const auto& rule = i.spec->health)
      watched.probes.begin(after(now, first_probe_delay(*rule)), rule->start_interval);
    return move(i, std::move(watched), why.why, why.because);
  }
  if (i.spec->hooks.pre_start.empty()) {
    move(i, phase::spawning{}, why.why, why.because);
    emit(command::spawn{i.id, i.run});
  } else {
    move(i, phase::preparing{after(now, hook_patience)}, why.why, why.because);
    emit(command::run_hook{i.id, i.run, hook_kind::pre_start});
  }
}

/// The pre_start hook came to its end.
void engine::impl::prepared(instance& i, bool ok, const std::string& text) {
  if (ok && wanted(i)) {
    shift(i, phase::spawning{});
    emit(command::spawn{i.id, i.run});
    return;
  }
  ending end;
  if (ok) return settle(i, std::move(end));
  end.by = ending::cause::forced;
  end.why = reason::hook_failed;
  end.text = text;
  settle(i, std::move(end));
}

void engine::impl::spawned(instance& i, int pid) {
  process main;
  main.pid = pid;
  main.spawned_at = now;
  i.budget.spawn_retries = 0;
  const service_spec& spec = *i.spec;
  if (is_ready_by_probe(spec))
    main.probes.begin(after(now, first_probe_delay(*spec.health)), spec.health->start_interval);
  const auto* delay = std::get_if<ready_on_delay>(&spec.ready);
  phase::starting starting{std::move(main), after(now, spec.start_timeout),
                           delay ? after(now, delay->delay) : never};
  shift(i, std::move(starting));
  if (is_ready_at_once(spec)) become_ready(i);
}

void engine::impl::become_ready(instance& i) {
  phase::running up{std::move(std::get<phase::starting>(i.at).main)};
  up.main.ready_at = now;
  evidence because;
  because.text = up.main.probes.answer;
  if (const auto& rule = i.spec->health)
    up.main.probes.begin(first_steady_probe(*rule, now, luck.share()), rule->interval);
  if (up.main.watchdog) up.main.watchdog_due = after(now, *up.main.watchdog);
  i.fresh = false;
  const bool oneshot = i.spec->type == service_type::oneshot;
  move(i, std::move(up), oneshot ? reason::spawned : reason::ready, std::move(because));
  if (!i.spec->hooks.post_start.empty())
    emit(command::run_hook{i.id, i.run, hook_kind::post_start});
}

void engine::impl::spawn_failed(instance& i, const event::spawn_failed& e) {
  ending end;
  end.by = ending::cause::forced;
  end.text = e.text;
  end.why = e.fault == event::spawn_fault::permanent ? reason::exec_failed : reason::spawn_retry;
  settle(i, std::move(end));
}

}  // namespace aurora::core

#include "core/engine_impl.hpp"

// What is wanted, and how it spreads.
namespace aurora::core {
namespace {

bool is_resting(const phase_of_life& at) { return !is_alive(at); }

}  // namespace

bool engine::impl::wanted(const instance& i) const {
  return i.desired == desired_state::up && !i.cycle && !i.removed && !shutdown;
}

// The reverse of the start order: whoever needs it and is on its way down goes first.
bool engine::impl::held(const instance& i) const { return services[i.service].blockers > 0; }

motive engine::impl::stop_motive(const instance& i) const {
  if (shutdown) return *shutdown;
  if (i.removed) return {*i.removed, {}};
  if (i.cycle) return *i.cycle;
  return {reason::operator_stop, {}};
}

/// True where it changed.
bool engine::impl::desire(instance& i, desired_state what) {
  const bool changes = i.desired != what;
  i.asked = true;
  i.desired = what;
  remember(i);
  if (changes) touch(i);
  return changes;
}

/// Whoever rests after an end of its own starts over, with all its counts back. It moves when all
/// that is wanted is known: what it depends on may be on its way down by the same event.
void engine::impl::renew(instance& i, motive why) {
  i.budget.clear();
  i.restarts = 0;
  i.up = std::move(why);
  i.again = std::holds_alternative<phase::backoff>(i.at) ||
            std::holds_alternative<phase::failed>(i.at) ||
            std::holds_alternative<phase::completed>(i.at);
  touch(i);
}

void engine::impl::cycle(instance& i, motive why) {
  if (i.cycle) return;
  i.cycle = std::move(why);
  i.fresh = false;
  touch(i);
}

// Breadth first over required dependencies; each service once.
void engine::impl::want_up(const targets& who, reason why) {
  std::vector<char> seen(services.size());
  std::vector<graph::index> pending;
  bool differs = false;
  const auto need = [&](graph::index service) {
    for (const graph::edge& e : services[service].needs)
      if (e.rule.required && e.target != graph::none && !seen[e.target]) {
        seen[e.target] = 1;
        pending.push_back(e.target);
      }
  };
  const auto raise = [&](instance& i) {
    if (i.removed || i.desired == desired_state::up) return;
    i.up = {why, {}};
    i.restarts = 0;
    i.budget.clear();
    differs |= desire(i, desired_state::up);
  };
  for (const instance_id id : who)
    if (instance* i = look(id)) {
      raise(*i);
      need(i->service);
    }
  for (std::size_t at = 0; at < pending.size(); ++at) {
    for (const instance_id id : services[pending[at]].members) raise(get(id));
    need(pending[at]);
  }
  if (differs) emit(command::save_desired{});
}

void engine::impl::start(const targets& who) {
  if (shutdown) return;
  want_up(who, reason::operator_start);
  for (const instance_id id : who)
    if (instance* i = look(id); i && wanted(*i) && is_resting(i->at))
      if (shown(i->at) != state::waiting) renew(*i, {reason::operator_start, {}});
}

void engine::impl::stop(const targets& who) {
  bool differs = false;
  for (const instance_id id : who)
    if (instance* i = look(id); i && !i->removed) differs |= desire(*i, desired_state::down);
  if (differs) emit(command::save_desired{});
}

void engine::impl::restart(const targets& who) {
  if (shutdown) return;
  std::vector<instance*> up;
  for (const instance_id id : who)
    if (instance* i = look(id); i && i->desired == desired_state::up) up.push_back(i);
  want_up(who, reason::operator_restart);
  for (instance* i : up) {
    if (i->removed) continue;
    const motive why{reason::operator_restart, {}};
    // One that comes up by an earlier restart, and one that is going down already, serve this one.
    if (is_up(i->at) && i->fresh) continue;
    if (is_alive(i->at))
      cycle(*i, why);
    else if (std::holds_alternative<phase::observing>(i->at))
      cycle(*i, why);
    else if (shown(i->at) != state::waiting)
      renew(*i, why);
  }
}

void engine::impl::files_changed(const event::files_changed& e) {
  instance* i = look(e.id);
  if (!i || !wanted(*i)) return;
  motive why{reason::files_changed, {}};
  why.because.text = e.path;
  if (is_alive(i->at))
    cycle(*i, std::move(why));
  else if (shown(i->at) == state::backoff || shown(i->at) == state::failed)
    renew(*i, std::move(why));
}

void engine::impl::shut_down(motive why, std::optional<int> code) {
  if (shutdown) return;
  shutdown = std::move(why);
  exit_code = code;
  shutdown_until = after(now, stack->shutdown_timeout);
  for (const auto& slot : slots)
    if (slot) touch(*slot);
}

// Also the end of patience at a shutdown: whatever the order says, all goes now.
void engine::impl::kill_all() {
  shut_down({reason::shutdown, {}}, std::nullopt);
  shutdown_until = never;
  for (std::size_t at = 0; at < slots.size(); ++at)
    if (slots[at]) kill(*slots[at]);
}

/// Dependants look again at what this service offers; those that are to go with it, do.
void engine::impl::spread(graph::index service) {
  services[service].queued = false;
  const std::vector<graph::back_edge>& dependants = services[service].needed_by;
  for (const graph::back_edge& edge : dependants) {
    const graph::edge_change change = services.refresh(edge);
    if (change.changed) queue_members(edge.from);
    const graph::edge& e = services[edge.from].needs[edge.position];
    if (!change.lost || !e.rule.restart) continue;
    for (const instance_id id : services[edge.from].members) {
      instance& i = get(id);
      if (!wanted(i) || !is_up(i.at)) continue;
      motive why{reason::dependency_restart, {}};
      why.because.dependency = e.name;
      cycle(i, std::move(why));
    }
  }
}

}  // namespace aurora::core

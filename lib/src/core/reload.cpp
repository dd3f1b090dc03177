#include <algorithm>

#include "core/engine_impl.hpp"

// A stack replaces another. Whoever stays keeps its id, its run, its timers and its counts.
namespace aurora::core {
namespace {

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

}  // namespace

/// Nothing of the instance runs: what it is started with next is the newest definition.
void engine::impl::adopt(instance& i) {
  if (!i.outdated) return;
  i.outdated = false;
  i.spec = services[i.service].spec;
}

/// Nodes and members of `next`, the leaving ones of before among them, with fresh counts.
void engine::impl::replace_stack(stack_spec next) {
  graph before = std::move(services);
  services = graph();
  stack = std::make_shared<const stack_spec>(std::move(next));
  for (const service_spec& spec : stack->services) {
    const graph::index at = services.add(std::shared_ptr<const service_spec>(stack, &spec), false);
    const graph::index old = before.find(spec.name);
    if (old != graph::none) services[at].members = before[old].members;
    expect_members(at);
  }
  for (graph::index old = 0; old < before.size(); ++old) {
    const graph::node& n = before[old];
    if (n.members.empty() || services.find(n.spec->name) != graph::none) continue;
    const graph::index at = services.add(n.spec, true);
    services[at].members = n.members;
    for (const instance_id id : n.members) leave(get(id), at, reason::config_removed);
  }
  recount();
}

/// The instances a service shall have: kept, brought back, made, or told to leave.
void engine::impl::expect_members(graph::index service) {
  const service_spec& spec = *services[service].spec;
  const std::vector<instance_id> had = services[service].members;
  const unsigned count = std::max(spec.instances, 1U);
  const bool wanted_before = std::any_of(had.begin(), had.end(), [&](instance_id id) {
    return get(id).desired == desired_state::up && !get(id).removed;
  });
  std::vector<instance_id>& members = services[service].members;
  members.clear();
  for (unsigned number = 1; number <= count; ++number) {
    std::string name = instance_name(spec, number);
    const auto found = names.find(name);
    instance* kept = found == names.end() ? nullptr : look(found->second);
    if (!kept) {
      kept = &create(service, number, std::move(name));
      kept->up = {had.empty() ? reason::config_added : reason::scaled, {}};
      if (!had.empty()) kept->desired = wanted_before ? desired_state::up : desired_state::down;
    } else if (kept->removed) {
      come_back(*kept);
    }
    kept->service = service;
    members.push_back(kept->id);
  }
  for (const instance_id id : had)
    if (std::find(members.begin(), members.end(), id) == members.end()) {
      leave(get(id), service, reason::scaled);
      members.push_back(id);
    }
}

void engine::impl::leave(instance& i, graph::index service, reason why) {
  i.service = service;
  if (!i.removed) i.removed = why;
}

// Its name is wanted again before its end was over: the same instance, made anew once it is down.
void engine::impl::come_back(instance& i) {
  i.removed.reset();
  i.outdated = true;
  i.up = {reason::config_added, {}};
  if (is_alive(i.at) && !i.cycle) i.cycle = i.up;
}

void engine::impl::recount() {
  for (const auto& slot : slots) {
    if (!slot) continue;
    slot->counted = standing_of(*slot);
    std::vector<graph::index> nobody;  // there are no edges yet
    services.replace(slot->service, standing(), slot->counted, nobody);
  }
  services.connect();
}

plan_steps engine::impl::apply(const stack_spec& next) {
  if (shutdown) return {};
  const auto before = stack;
  plan_steps steps = make_plan(*before, next);
  replace_stack(next);
  for (const plan_step& step : steps) perform(step, *before);
  for (const auto& slot : slots) {
    if (!slot) continue;
    instance& i = *slot;
    // The old stack is let go as soon as nobody runs by it; equal definitions are one.
    const bool rests = !is_alive(i.at) && !std::holds_alternative<phase::observing>(i.at);
    if (!i.removed && (!i.outdated || rests)) {
      i.outdated = false;
      i.spec = services[i.service].spec;
    }
    touch(i);
  }
  return steps;
}

void engine::impl::perform(const plan_step& step, const stack_spec& before) {
  using action = plan_step::action;
  const graph::index service = services.find(step.service);
  if (service == graph::none) return;
  if (step.what != action::restart && step.what != action::update) return;
  const auto old = std::find_if(before.services.begin(), before.services.end(),
                                [&](const service_spec& s) { return s.name == step.service; });
  const bool turned_on = !old->autostart && services[service].spec->autostart;
  for (const instance_id id : services[service].members) {
    instance& i = get(id);
    if (i.removed) continue;
    if (turned_on && !i.asked && i.desired == desired_state::down) {
      i.desired = desired_state::up;
      i.up = {reason::config_changed, {}};
    }
    step.what == action::restart ? redefine(i, joined(step.keys)) : update(i);
  }
}

/// What its process is made of changed: the old run ends by the old rules.
void engine::impl::redefine(instance& i, const std::string& keys) {
  motive why{reason::config_changed, {}};
  why.because.text = keys;
  i.outdated = true;
  if (is_alive(i.at) || std::holds_alternative<phase::observing>(i.at)) {
    if (wanted(i)) cycle(i, std::move(why));
    return;
  }
  adopt(i);
  if (wanted(i) && shown(i.at) != state::waiting && shown(i.at) != state::stopped)
    renew(i, std::move(why));
}

/// Only rules about it changed: they hold from now on. Not for one that runs by an older
/// definition.
void engine::impl::update(instance& i) {
  if (i.outdated) return;
  const std::optional<health_spec> before = i.spec->health;
  i.spec = services[i.service].spec;
  if (!(before == i.spec->health)) health_rule_changed(i, before);
}

}  // namespace aurora::core

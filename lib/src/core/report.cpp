#include <algorithm>

#include "core/engine_impl.hpp"

// What is shown of an instance.
namespace aurora::core {
namespace {

// PORT is counted on from the first instance's; 0 is picked by the shell at each start.
std::optional<std::uint16_t> port_of(const instance& i) {
  const auto& first = i.spec->port;
  if (!first || *first == 0) return std::nullopt;
  const unsigned port = *first + i.number - 1;
  if (port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::vector<std::string> dependency_names(const service_spec& spec) {
  std::vector<std::string> names;
  for (const dependency& d : spec.depends_on) names.push_back(d.service);
  return names;
}

}  // namespace

instance_status engine::status(instance_id id, instant now) const {
  const instance& i = impl_->get(id);
  instance_status s;
  s.name = i.name;
  s.service = i.spec->name;
  s.instance = i.number;
  s.state = shown(i.at);
  s.desired = i.desired;
  s.health = impl_->health_of(i);
  if (const process* main = process_of(i.at); main && main->pid && !main->main_gone) {
    s.pid = main->pid;
    s.uptime = std::max(now - main->spawned_at, duration::zero());
  }
  s.port = port_of(i);
  if (const auto* p = std::get_if<phase::backoff>(&i.at))
    s.next_start_in = std::max(p->until - now, duration::zero());
  s.restarts = i.restarts;
  s.last_exit = i.last_exit;
  if (i.last_exit) s.last_exit_ago = std::max(now - i.last_exit_at, duration::zero());
  s.why = i.last.why;
  s.because = i.last.because;
  s.status_text = i.status_text;
  s.depends_on = dependency_names(*i.spec);
  s.run = i.run;
  return s;
}

std::vector<engine::desired_entry> engine::desired() const {
  std::vector<desired_entry> entries;
  for (const instance_id id : impl_->in_order()) {
    const instance& i = impl_->get(id);
    const bool up = i.desired == desired_state::up;
    const bool by_default = impl_->services[i.service].spec->autostart;
    if (!i.removed && up != by_default) entries.push_back({i.name, i.desired});
  }
  return entries;
}

// A run of an external service counts as an end of the start once it answers.
progress engine::towards_up(instance_id id) const {
  const instance& i = impl_->get(id);
  if (i.desired == desired_state::down || i.removed || impl_->shutdown) return progress::failed;
  if (i.cycle) return progress::pending;
  switch (shown(i.at)) {
    case state::running:
      // A oneshot is up when it has done its work.
      return i.spec->type == service_type::oneshot ? progress::pending : progress::done;
    case state::completed:
      return progress::done;
    case state::failed:
      return progress::failed;
    default:
      return progress::pending;
  }
}

progress engine::towards_down(instance_id id) const {
  const instance* i = impl_->look(id);
  if (!i) return progress::done;
  const bool overtaken = i->desired == desired_state::up && !i->removed && !impl_->shutdown;
  if (is_alive(i->at)) return overtaken ? progress::failed : progress::pending;
  switch (shown(i->at)) {
    case state::stopped:
    case state::failed:
    case state::completed:
      return progress::done;
    default:
      return overtaken ? progress::failed : progress::pending;
  }
}

std::vector<std::string> engine::waits_for(instance_id id) const {
  const instance& i = impl_->get(id);
  std::vector<std::string> names;
  const auto* failed = std::get_if<phase::failed>(&i.at);
  const bool waits = std::holds_alternative<phase::waiting>(i.at) ||
                     (failed && failed->by != phase::failed::cause::itself);
  if (!waits) return names;
  for (const graph::edge& e : impl_->services[i.service].needs)
    if (!e.holds) names.push_back(e.name);
  if (const instance* other = impl_->predecessor(i)) names.push_back(other->name);
  return names;
}

}  // namespace aurora::core

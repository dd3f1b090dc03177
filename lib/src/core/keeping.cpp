#include <algorithm>

#include <boost/assert.hpp>

#include "core/engine_impl.hpp"

namespace aurora::core {

instance* engine::impl::look(instance_id id) const {
  const auto at = static_cast<std::size_t>(id);
  return at < slots.size() ? slots[at].get() : nullptr;
}

// Forgotten ones can still be asked about until the next step: the shell performs the commands of
// this one first.
instance& engine::impl::get(instance_id id) const {
  if (instance* i = look(id)) return *i;
  for (const auto& gone : forgotten)
    if (gone->id == id) return *gone;
  BOOST_ASSERT_MSG(false, "no such instance");
  std::abort();
}

instance& engine::impl::create(graph::index service, unsigned number, std::string name) {
  const auto id = static_cast<instance_id>(slots.size());
  slots.push_back(std::make_unique<instance>());
  instance& i = *slots.back();
  i.id = id;
  i.name = std::move(name);
  i.number = number;
  i.service = service;
  i.spec = services[service].spec;
  i.desired = i.spec->autostart ? desired_state::up : desired_state::down;
  names[i.name] = id;
  order.clear();
  return i;
}

void engine::impl::forget(instance& i) {
  emit(command::forget{i.id});
  due.set(static_cast<timeline::key>(i.id), never);
  if (const auto found = names.find(i.name); found != names.end() && found->second == i.id)
    names.erase(found);
  graph::node& n = services[i.service];
  n.members.erase(std::remove(n.members.begin(), n.members.end(), i.id), n.members.end());
  if (n.removed && n.members.empty())
    services.detach(i.service);
  else
    queue_members(i.service);
  order.clear();
  forgotten.push_back(std::move(slots[static_cast<std::size_t>(i.id)]));
}

standing engine::impl::standing_of(const instance& i) const {
  standing s;
  const bool wants_up = wanted(i);
  s.leaving = !wants_up && is_alive(i.at);
  if (i.removed) return s;
  s.counted = true;
  s.ready = wants_up && shown(i.at) == state::running;
  s.started = wants_up && is_started(i.at) && !i.again;
  s.completed = wants_up && std::holds_alternative<phase::completed>(i.at) && !i.again;
  s.failed = std::holds_alternative<phase::failed>(i.at) && !i.again;
  s.down = i.desired == desired_state::down;
  return s;
}

/// There is something new to remember of it.
void engine::impl::remember(instance& i) {
  if (i.changed) return;
  i.changed = true;
  changed.push_back(i.id);
}

// After every change of an instance's phase or wants, and before anything else is decided.
void engine::impl::touch(instance& i) {
  remember(i);
  weigh(i);
}

/// What the graph, the timeline and the work queue have to know. By itself only where nothing but
/// the next moment of a probe or of the watchdog changed: a new engine sets these anew.
void engine::impl::weigh(instance& i) {
  const bool lives = is_alive(i.at);
  if (lives != i.counted_alive) lives ? ++alive : --alive;
  i.counted_alive = lives;
  due.set(static_cast<timeline::key>(i.id), due_of(i.at));
  if (const standing s = standing_of(i); !(s == i.counted)) {
    if (services.replace(i.service, i.counted, s, freed)) {
      graph::node& n = services[i.service];
      if (!n.queued) wants.push_back(i.service);
      n.queued = true;
    }
    i.counted = s;
    for (const graph::index service : freed) queue_members(service);
    freed.clear();
  }
  queue(i);
}

void engine::impl::queue(instance& i) {
  if (i.queued) return;
  i.queued = true;
  work.push_back(&i);
}

void engine::impl::queue_members(graph::index service) {
  for (const instance_id id : services[service].members) queue(get(id));
}

const std::vector<instance_id>& engine::impl::in_order() const {
  if (!order.empty()) return order;
  for (const auto& slot : slots)
    if (slot) order.push_back(slot->id);
  std::sort(order.begin(), order.end(), [&](instance_id a, instance_id b) {
    const instance &x = get(a), &y = get(b);
    if (const int c = x.spec->name.compare(y.spec->name); c != 0) return c < 0;
    // "web" and "web@1" exist at the same time while a service is scaled from or to one.
    return x.number != y.number ? x.number < y.number : x.name < y.name;
  });
  return order;
}

void engine::impl::record(const instance& i, state from, state to, std::optional<int> pid,
                          const motive& m) {
  journal_entry entry;
  entry.when = now;
  entry.instance = i.name;
  entry.from = from;
  entry.to = to;
  entry.why = m.why;
  entry.run = i.run;
  entry.pid = pid;
  entry.health = health_of(i);
  entry.because = m.because;
  emit(command::record{std::move(entry)});
}

/// A change that people see: into another phase, with an entry in the journal.
void engine::impl::move(instance& i, phase_of_life next, reason why, evidence because) {
  const state from = shown(i.at);
  const process* before = process_of(i.at);
  std::optional<int> pid = before ? before->pid : std::nullopt;
  i.at = std::move(next);
  i.again = false;
  if (const process* main = process_of(i.at); main && main->pid) pid = main->pid;
  i.last = {why, std::move(because)};
  record(i, from, shown(i.at), pid, i.last);
  touch(i);
}

/// Into another phase of the same state.
void engine::impl::shift(instance& i, phase_of_life next) {
  i.at = std::move(next);
  touch(i);
}

/// Something happened that changes no state: health, a failed hook, a kill.
void engine::impl::note(instance& i, reason why, evidence because) {
  const process* main = process_of(i.at);
  const state s = shown(i.at);
  remember(i);
  record(i, s, s, main ? main->pid : std::nullopt, {why, std::move(because)});
}

}  // namespace aurora::core

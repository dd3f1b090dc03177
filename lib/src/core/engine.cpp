#include "core/engine.hpp"

#include <algorithm>
#include <utility>

#include "core/engine_impl.hpp"

namespace aurora::core {

engine::impl::impl(stack_spec first, std::uint64_t seed)
    : stack(std::make_shared<const stack_spec>()), luck(seed) {
  replace_stack(std::move(first));
}

void engine::impl::enter(instant at, commands& into) {
  now = std::max(now, at);
  out = &into;
  forgotten.clear();
}

/// To the fixpoint: wants first, so that whoever moves knows all that is wanted of it.
void engine::impl::run() {
  std::size_t spread_to = 0, worked_to = 0;
  for (;;) {
    if (spread_to < wants.size()) {
      spread(wants[spread_to++]);
    } else if (worked_to < work.size()) {
      instance& i = *work[worked_to++];
      i.queued = false;
      advance(i);
    } else if (now >= shutdown_until) {
      kill_all();
    } else {
      break;
    }
  }
  wants.clear();
  work.clear();
  finish_shutdown();
}

void engine::impl::finish_shutdown() {
  if (!shutdown || alive > 0 || told_down) return;
  told_down = true;
  shutdown_until = never;
  emit(command::stack_down{exit_code});
}

// Who is due leaves the timeline, and comes back to it in `touch` with its next moment.
void engine::impl::tick() {
  while (const auto first = due.first()) {
    if (first->at > now) break;
    due.set(first->who, never);
    instance& i = get(static_cast<instance_id>(first->who));
    ring(i);
    ringing.push_back(&i);
  }
  for (instance* i : ringing) weigh(*i);
  ringing.clear();
}

engine::engine(stack_spec stack, std::uint64_t seed)
    : impl_(std::make_unique<impl>(std::move(stack), seed)) {}
engine::~engine() = default;

void engine::restore_desired(const std::vector<desired_entry>& entries) {
  commands none;
  impl_->out = &none;
  for (const desired_entry& entry : entries)
    if (const auto id = find(entry.instance)) impl_->desire(impl_->get(*id), entry.desired);
}

bool engine::restore(const std::string& instance, remembered what) {
  return impl_->restore(instance, std::move(what));
}

void engine::restore_shutdown(std::optional<int> code) {
  commands none;
  impl_->out = &none;
  impl_->shut_down({code ? reason::critical_failed : reason::shutdown, {}}, code);
}

const remembered& engine::memory(instance_id id) const { return impl_->get(id); }

std::vector<instance_id> engine::take_changed() {
  std::vector<instance_id> taken;
  taken.swap(impl_->changed);
  std::erase_if(taken, [this](instance_id id) {
    instance* i = impl_->look(id);
    if (i) i->changed = false;
    return !i;
  });
  return taken;
}

void engine::begin(instant now, commands& out) {
  impl_->enter(now, out);
  if (impl_->shutdown) impl_->shutdown_until = after(now, impl_->stack->shutdown_timeout);
  for (const instance_id id : impl_->in_order()) {
    instance& i = impl_->get(id);
    if (i.restored) {
      impl_->resume(i);
    } else {
      i.up = {reason::config_added, {}};
    }
    impl_->remember(i);
    impl_->queue(i);
  }
  impl_->run();
}

void engine::step(const engine_event& event, instant now, commands& out) {
  impl_->enter(now, out);
  std::visit([&](const auto& e) { impl_->handle(e); }, event);
  impl_->run();
}

plan_steps engine::apply(const stack_spec& next, instant now, commands& out) {
  impl_->enter(now, out);
  plan_steps steps = impl_->apply(next);
  impl_->run();
  return steps;
}

std::optional<instant> engine::next_deadline() const {
  instant first = impl_->shutdown_until;
  if (const auto entry = impl_->due.first()) first = std::min(first, entry->at);
  if (first == never) return std::nullopt;
  return first;
}

const stack_spec& engine::stack() const { return *impl_->stack; }
std::vector<instance_id> engine::instances() const { return impl_->in_order(); }

std::optional<instance_id> engine::find(const std::string& instance) const {
  const auto found = impl_->names.find(instance);
  if (found == impl_->names.end()) return std::nullopt;
  return found->second;
}

targets engine::resolve(const std::string& name) const {
  if (const graph::index service = impl_->services.find(name); service != graph::none) {
    const graph::node& n = impl_->services[service];
    targets members;
    for (const instance_id id : n.members)
      if (n.removed || !impl_->get(id).removed) members.push_back(id);
    if (!members.empty()) return members;
  }
  if (const auto id = find(name)) return {*id};
  return {};
}

const service_spec& engine::spec(instance_id id) const { return *impl_->get(id).spec; }
const std::string& engine::name(instance_id id) const { return impl_->get(id).name; }
unsigned engine::number(instance_id id) const { return impl_->get(id).number; }
bool engine::exists(instance_id id) const { return impl_->look(id) != nullptr; }
state engine::state_of(instance_id id) const { return shown(impl_->get(id).at); }
run_number engine::run_of(instance_id id) const { return impl_->get(id).run; }
bool engine::alive(instance_id id) const { return is_alive(impl_->get(id).at); }
bool engine::shutting_down() const { return impl_->shutdown.has_value(); }
std::optional<int> engine::shutdown_code() const { return impl_->exit_code; }
bool engine::down() const { return impl_->alive == 0; }
std::uint64_t engine::stale_events() const { return impl_->stale; }

}  // namespace aurora::core

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "property/world.hpp"

// What the engine promises, looked at from outside.
namespace aurora::property {

using namespace core;
using namespace std::chrono_literals;

namespace {

// The documented state machine (contract, "States"; engine.hpp).
bool is_legal(state from, state to) {
  using enum state;
  if (from == to) return true;
  switch (from) {
    case stopped:
      return to == waiting || to == starting;
    case waiting:
      return to == starting || to == stopped || to == failed;
    case starting:
      return to != waiting;
    case running:
      return to != waiting;  // to starting: an external service that went away
    case stopping:
      return to == stopped || to == backoff || to == failed || to == completed;
    case backoff:
      return to == starting || to == waiting || to == stopped;
    case failed:
      return to == starting || to == waiting || to == stopped;
    case completed:
      return to == starting || to == waiting || to == stopped;
  }
  return false;
}

}  // namespace

void world::expect(bool holds, const std::string& what) const {
  if (!holds) throw std::logic_error(what);
}

void world::operator_touched(instance_id id) { restarts_.erase(subject_->name(id)); }

const service_spec* world::service_named(const std::string& name) const {
  for (const service_spec& s : subject_->stack().services)
    if (s.name == name) return &s;
  return nullptr;
}

// By the journal up to here: later in the same step things may have changed again.
state world::told_state(instance_id id) const {
  const auto known = states_.find(subject_->name(id));
  return known == states_.end() ? state::stopped : known->second;
}

bool world::is_up_or_done(const std::string& service, dependency_condition condition) const {
  const service_spec* spec = service_named(service);
  if (!spec) return false;
  for (const instance_id id : subject_->resolve(service)) {
    const state s = told_state(id);
    const bool oneshot = spec->type == service_type::oneshot;
    const bool met = condition == dependency_condition::started
                         ? s == state::starting || s == state::running || s == state::completed
                     : condition == dependency_condition::completed || oneshot
                         ? s == state::completed
                         : s == state::running;
    if (!met || subject_->status(id, now_).desired == desired_state::down) return false;
  }
  return true;
}

bool world::is_excused(const dependency& need) const {
  if (need.required) return false;
  if (!service_named(need.service)) return true;
  for (const instance_id id : subject_->resolve(need.service))
    if (told_state(id) == state::failed ||
        subject_->status(id, now_).desired == desired_state::down)
      return true;
  return false;
}

void world::check_spawn(const command::spawn& c) const {
  const std::string& name = subject_->name(c.id);
  expect(!subject_->shutting_down(), "a spawn of " + name + " after the shutdown began");
  expect(subject_->run_of(c.id) == c.run, "a spawn with a run that is not the newest");
  expect(runs_.find({c.id, c.run}) == runs_.end(), "a run was used twice");
  for (const auto& [key, p] : runs_)
    expect(p.name != name || p.now == simulated::life::gone, "two live copies of " + name);
  // It was right when another engine asked for it first.
  if (asked_again_.count({c.id, c.run})) return;
  const instance_status s = subject_->status(c.id, now_);
  expect(s.desired == desired_state::up, "a spawn of " + name + ", which is not wanted");
  // A hook may have run since the conditions held.
  if (!subject_->spec(c.id).hooks.pre_start.empty()) return;
  const service_spec* newest = service_named(s.service);
  expect(newest, "a spawn of a removed service");
  for (const dependency& need : newest->depends_on)
    expect(is_up_or_done(need.service, need.condition) || is_excused(need),
           "a spawn of " + name + " before " + need.service);
}

void world::check_entry(const journal_entry& e) {
  if (std::getenv("AURORA_TRACE"))
    std::cerr << now_.time_since_epoch().count() / 1000000 << " " << e.instance << " "
              << to_string(e.from) << ">" << to_string(e.to) << " " << to_string(e.why) << " "
              << e.because.dependency << " " << e.because.text << "\n";
  const auto known = states_.find(e.instance);
  const state before = known == states_.end() ? state::stopped : known->second;
  const std::string change = e.instance + ": " + std::string(to_string(e.from)) + " to " +
                             std::string(to_string(e.to)) + " (" + std::string(to_string(e.why)) +
                             ")";
  expect(e.from == before,
         "the journal skips from " + std::string(to_string(before)) + ": " + change);
  expect(is_legal(e.from, e.to), "no legal change: " + change);
  expect(e.when == now_, "an entry at another time");
  states_[e.instance] = e.to;
  if (e.because.exit && ended_) {
    const unsigned times = ++terminal_[*ended_];
    expect(times == 1, "an end was told twice: " + change);
  } else {
    expect(!e.because.exit, "an end was told that was not: " + change);
  }
  check_budget(e);
  check_stop_order(e);
}

void world::check_budget(const journal_entry& e) {
  if (e.to != state::backoff || e.from == state::backoff || e.why == reason::spawn_retry) return;
  const auto id = subject_->find(e.instance);
  if (!id) return;
  const restart_spec& rule = subject_->spec(*id).restart;
  auto& made = restarts_[e.instance];
  made.push_back(now_);
  const auto recent =
      std::count_if(made.begin(), made.end(), [&](instant at) { return now_ - at < rule.window; });
  expect(rule.limit == 0 || recent <= static_cast<long>(rule.limit),
         e.instance + " was restarted more often than its limit");
}

// Whoever depends on it and goes down too has to be gone first.
void world::check_stop_order(const journal_entry& e) const {
  if (e.to != state::stopping || e.from == state::stopping) return;
  if (e.why != reason::operator_stop && e.why != reason::config_removed) return;
  const auto id = subject_->find(e.instance);
  if (!id || killing_) return;
  const std::string service = subject_->status(*id, now_).service;
  for (const service_spec& other : subject_->stack().services)
    for (const dependency& need : other.depends_on)
      if (need.service == service && service_named(service))
        for (const instance_id dependant : subject_->resolve(other.name))
          expect(!subject_->alive(dependant) ||
                     subject_->status(dependant, now_).desired == desired_state::up,
                 e.instance + " stops before " + subject_->name(dependant));
}

void world::check_after_step(const engine_event& e) {
  if (ended_) expect(terminal_[*ended_] == 1, "an end was not told");
  const bool ticked = std::holds_alternative<event::tick>(e);
  const auto due = subject_->next_deadline();
  if (ticked && due) expect(*due > now_, "a deadline that has passed is still asked for");
  for (const instance_id id : subject_->instances()) {
    const instance_status s = subject_->status(id, now_);
    const auto known = states_.find(s.name);
    expect(known == states_.end() ? s.state == state::stopped : known->second == s.state,
           s.name + " is not in the state that the journal says");
    if (s.state == state::stopping) expect(due.has_value(), s.name + " stops without a deadline");
    if (s.state == state::backoff) expect(s.next_start_in.has_value(), "backoff without an end");
    if (s.uptime) expect(s.pid.has_value(), "an uptime without a process");
  }
}

// Everything behaves since hours: who is wanted is up, or has a reason that holds.
void world::check_settled() const {
  for (const instance_id id : subject_->instances()) {
    const instance_status s = subject_->status(id, now_);
    if (s.desired == desired_state::down) {
      expect(s.state == state::stopped,
             s.name + " is not wanted and " + std::string(to_string(s.state)));
      continue;
    }
    if (s.state == state::running || s.state == state::completed) continue;
    // Whoever cannot be ready within its start_timeout, or ends by its nature, goes round and
    // round.
    if (s.state == state::backoff || s.state == state::starting || s.state == state::stopping)
      continue;
    if (s.state == state::failed && s.why != reason::dependency_failed &&
        s.why != reason::dependency_timeout)
      continue;
    expect(s.state == state::waiting || s.state == state::failed,
           s.name + " hangs in " + std::string(to_string(s.state)));
    expect(!subject_->waits_for(id).empty(), s.name + " waits for nothing");
  }
}

}  // namespace aurora::property

#include "property/world.hpp"

#include <stdexcept>

namespace aurora::property {

using namespace core;
using namespace std::chrono_literals;

world::world(const stack_spec& stack, std::uint64_t seed)
    : subject_(std::make_unique<engine>(stack, seed)), seed_(seed) {}

void world::begin() {
  commands out;
  subject_->begin(now_, out);
  take_notes();
  obey(out);
}

dice world::temper(instance_id id, run_number run, std::string_view of) const {
  // By name, not by id: shortening a script must not change the tempers of the others.
  return dice(hasher().add(seed_).add(subject_->name(id)).add(run).add(of).value());
}

void world::post(duration in, engine_event e) {
  answers_.push({now_ + in, order_++, std::move(e)});
}

std::optional<instance_id> world::pick(unsigned who) const {
  const auto all = subject_->instances();
  if (all.empty()) return std::nullopt;
  return all[who % all.size()];
}

// Answers that the shell would not give any more: of a process that ended before it was ready, of a
// probe that was cancelled.
bool world::still_true(const engine_event& e) const {
  const auto find = [&](instance_id id, run_number run) -> const simulated* {
    const auto found = runs_.find({id, run});
    return found == runs_.end() ? nullptr : &found->second;
  };
  using life = simulated::life;
  if (const auto* x = std::get_if<event::signalled_ready>(&e)) {
    const auto* p = find(x->id, x->run);
    return p && p->now == life::alive;
  }
  if (const auto* x = std::get_if<event::probe_result>(&e)) {
    const auto* p = find(x->id, x->run);
    return p && p->probing;
  }
  if (const auto* x = std::get_if<event::main_exited>(&e)) {
    const auto* p = find(x->id, x->run);
    return p && p->now == life::alive;
  }
  if (const auto* x = std::get_if<event::tree_gone>(&e)) {
    const auto* p = find(x->id, x->run);
    return p && p->now == life::main_gone;
  }
  return true;
}

void world::deliver(const answer& a) {
  if (!still_true(a.event)) return;
  using life = simulated::life;
  if (const auto* x = std::get_if<event::spawned>(&a.event))
    runs_[{x->id, x->run}].now = life::alive;
  if (const auto* x = std::get_if<event::spawn_failed>(&a.event))
    runs_[{x->id, x->run}].now = life::gone;
  if (const auto* x = std::get_if<event::probe_result>(&a.event))
    runs_[{x->id, x->run}].probing = false;
  if (const auto* x = std::get_if<event::tree_gone>(&a.event))
    runs_[{x->id, x->run}].now = life::gone;
  if (const auto* x = std::get_if<event::main_exited>(&a.event)) {
    simulated& p = runs_[{x->id, x->run}];
    p.now = x->left_over > 0 ? life::main_gone : life::gone;
    p.left_over = x->left_over;
    ended_ = run_key{x->id, x->run};
  }
  step(a.event);
  ended_.reset();
}

void world::step(const engine_event& e) {
  commands out;
  subject_->step(e, now_, out);
  ++steps_;
  take_notes();
  obey(out);
  check_after_step(e);
}

void world::pass(duration span) {
  const instant until = now_ + span;
  for (;;) {
    const auto due = subject_->next_deadline();
    const bool answer_first = !answers_.empty() && (!due || answers_.top().at <= *due + skew_);
    if (answer_first) {
      if (answers_.top().at > until) break;
      const answer a = answers_.top();
      answers_.pop();
      now_ = std::max(now_, a.at);
      deliver(a);
    } else {
      if (!due || *due + skew_ > until) break;
      now_ = std::max(now_, *due + skew_);
      step(event::tick{});
    }
  }
  now_ = until;
}

void world::crash(instance_id id, unsigned left_over) {
  const auto found = runs_.find({id, subject_->run_of(id)});
  if (found == runs_.end() || found->second.now != simulated::life::alive) return;
  if (subject_->spec(id).type == service_type::external) return;
  dice d = temper(id, found->first.second, "crash");
  deliver({now_, order_++,
           event::main_exited{id, found->first.second,
                              d.one_in(2) ? exit_status::exited(static_cast<int>(d.below(3)))
                                          : exit_status::killed(9),
                              left_over}});
}

// Whatever comes from an older run, or from nobody, changes nothing.
void world::stale_event(unsigned who, unsigned kind) {
  const auto chosen = pick(who);
  if (!chosen) return;
  const bool nobody = kind % 7 == 0;
  const instance_id id = nobody ? static_cast<instance_id>(100000 + who) : *chosen;
  const run_number run = nobody ? 1 : subject_->run_of(id) + (kind % 2 == 0 ? 1 : -1);
  if (!nobody && run == 0) return;
  const engine_event events[] = {event::spawned{id, run, 1},
                                 event::spawn_failed{id, run, event::spawn_fault::permanent, "x"},
                                 event::signalled_ready{id, run},
                                 event::probe_result{id, run, kind % 3 == 0, "x"},
                                 event::main_exited{id, run, exit_status::exited(1), 1},
                                 event::tree_gone{id, run},
                                 event::hook_done{id, run, hook_kind::pre_start, false, "x"},
                                 event::stop_command_done{id, run, false, "x"},
                                 event::notify_stopping{id, run},
                                 event::notify_status{id, run, "x"},
                                 event::watchdog_armed{id, run, 1s},
                                 event::watchdog_ping{id, run},
                                 event::watchdog_triggered{id, run},
                                 event::extend_timeout{id, run, 1s},
                                 event::main_pid_changed{id, run, 1}};
  commands out;
  const auto before = nobody ? std::optional<instant>() : subject_->next_deadline();
  const std::uint64_t stale = subject_->stale_events();
  subject_->step(events[(kind / 7) % std::size(events)], now_, out);
  expect(out.empty(), "a stale event changed something");
  expect(subject_->stale_events() == stale + 1, "a stale event was not counted");
  if (!nobody) expect(before == subject_->next_deadline(), "a stale event moved a deadline");
}

void world::reload(const stack_spec& next) {
  for (const instance_id id : subject_->instances()) operator_touched(id);
  commands out;
  subject_->apply(next, now_, out);
  ++steps_;
  take_notes();
  obey(out);
  check_after_step(event::start{});
}

void world::perform(const action& a) {
  using kind = action::kind;
  const auto id = pick(a.who);
  const auto all = subject_->instances();
  const auto span = std::chrono::milliseconds(a.amount);
  switch (a.what) {
    case kind::pass:
      return pass(span);
    case kind::late_tick:
      skew_ = span;
      pass(span + 1s);
      skew_ = {};
      return pass(0s);
    case kind::start_all:
    case kind::restart_all:
    case kind::stop_all:
      for (const auto one : all) operator_touched(one);
      if (a.what == kind::start_all) return step(event::start{all});
      if (a.what == kind::restart_all) return step(event::restart{all});
      return step(event::stop{all});
    case kind::reload:
      return reload(changed_stack(subject_->stack(), a.amount));
    case kind::shutdown:
      return step(event::shutdown{});
    case kind::die:
      return die();
    case kind::kill_all:
      killing_ = true;
      return step(event::kill_all{});
    case kind::stale:
      return stale_event(a.who, a.amount);
    case kind::reload_same: {
      commands out;
      const auto steps = subject_->apply(stack_spec(subject_->stack()), now_, out);
      return expect(steps.empty() && out.empty(), "a reload of the same did something");
    }
    default:
      break;
  }
  if (!id) return;
  const run_number run = subject_->run_of(*id);
  const auto found = runs_.find({*id, run});
  const bool lives = found != runs_.end() && found->second.now == simulated::life::alive;
  switch (a.what) {
    case kind::start:
      for (const auto one : all) operator_touched(one);
      return step(event::start{{*id}});
    case kind::stop:
      return step(event::stop{{*id}});
    case kind::restart:
      for (const auto one : all) operator_touched(one);
      return step(event::restart{{*id}});
    case kind::files:
      operator_touched(*id);
      return step(event::files_changed{*id, "/f"});
    case kind::crash:
      return crash(*id, a.amount);
    default:
      break;
  }
  if (!lives) return;
  switch (a.what) {
    case kind::watchdog:
      return step(event::watchdog_armed{*id, run, span});
    case kind::trigger:
      return step(event::watchdog_triggered{*id, run});
    case kind::leaving:
      return step(event::notify_stopping{*id, run});
    case kind::extend:
      return step(event::extend_timeout{*id, run, span});
    case kind::repid:
      return step(event::main_pid_changed{*id, run, static_cast<int>(a.amount)});
    default:
      return;
  }
}

void world::epilogue() {
  check_notes();
  healed_ = true;
  if (!subject_->shutting_down()) pass(10min);
  // A critical service may have given up, then or before.
  if (!subject_->shutting_down()) {
    check_settled();
    step(event::stop{subject_->instances()});
    pass(10min);
    expect(subject_->down(), "a stop of all left something");
    expect(downs_ == 0, "the stack went down and nobody asked");
    step(event::shutdown{});
  }
  pass(10min);
  expect(subject_->down(), "a shutdown left something");
  expect(downs_ == 1, "the end of a shutdown was told " + std::to_string(downs_) + " times");
  step(event::start{subject_->instances()});
}

}  // namespace aurora::property

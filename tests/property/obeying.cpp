#include <stdexcept>

#include "property/world.hpp"

// The simulated shell's side of each command.
namespace aurora::property {

using namespace core;
using namespace std::chrono_literals;

namespace {

std::chrono::milliseconds some(dice& d, std::initializer_list<int> choices) {
  return std::chrono::milliseconds(
      *(choices.begin() + d.below(static_cast<unsigned>(choices.size()))));
}

}  // namespace

void world::obey(const commands& all) {
  for (const engine_command& c : all) {
    trace_.add(c.index());
    std::visit(
        [&](const auto& x) {
          if constexpr (requires { x.id; }) {
            trace_.add(static_cast<std::uint64_t>(x.id));
            expect(forgotten_.count(x.id) == 0, "a command for a forgotten instance");
            expect(!subject_->name(x.id).empty(), "a command for nobody");
          }
          obey(x);
        },
        c);
  }
}

world::simulated& world::live(instance_id id, run_number run, const char* command) {
  const auto found = runs_.find({id, run});
  expect(found != runs_.end(), std::string(command) + " for a run that was never asked for");
  return found->second;
}

void world::obey(const command::spawn& c) {
  if (const auto found = runs_.find({c.id, c.run});
      found != runs_.end() && found->second.unanswered) {
    found->second.unanswered = false;
    return post(0ms, event::spawned{c.id, c.run, 1 + static_cast<int>(order_)});
  }
  // Asked for by an engine that is gone, and not wanted any more.
  const bool again = asked_again_.count({c.id, c.run}) != 0;
  if (again && (subject_->state_of(c.id) == state::stopping || subject_->shutting_down()))
    return post(0ms, event::spawn_failed{c.id, c.run, event::spawn_fault::transient, "gone"});
  check_spawn(c);
  simulated p;
  p.name = subject_->name(c.id);
  dice d = temper(c.id, c.run, "spawn");
  p.stubborn = d.one_in(4);
  runs_[{c.id, c.run}] = p;
  const auto late = some(d, {0, 0, 5, 3000});
  if (!healed_ && d.one_in(8)) {
    const auto fault = d.one_in(3) ? event::spawn_fault::permanent : event::spawn_fault::transient;
    return post(late, event::spawn_failed{c.id, c.run, fault, "exec: /x: no such file"});
  }
  post(late, event::spawned{c.id, c.run, 1 + static_cast<int>(order_)});
  const service_spec& spec = subject_->spec(c.id);
  if (healed_ || !d.one_in(4))
    post(late + some(d, {0, 30, 2000}), event::signalled_ready{c.id, c.run});
  const bool ends = spec.type == service_type::oneshot || (!healed_ && d.one_in(3));
  if (!ends) return;
  const int code = healed_ ? 0 : static_cast<int>(d.below(2));
  post(late + some(d, {0, 1, 300, 5000, 90000}),
       event::main_exited{
           c.id, c.run,
           !healed_ && d.one_in(4) ? exit_status::killed(11) : exit_status::exited(code),
           !healed_ && d.one_in(5) ? 2U : 0U});
}

void world::doom(instance_id id, run_number run, duration in, exit_status how, unsigned left_over) {
  post(in, event::main_exited{id, run, how, left_over});
}

void world::obey(const command::send_signal& c) {
  simulated& p = live(c.id, c.run, "a signal");
  expect(p.now == simulated::life::alive || p.now == simulated::life::main_gone,
         "a signal for a run that does not live");
  dice d = temper(c.id, c.run, "signal");
  if (p.stubborn) return;
  const auto in = some(d, {0, 10, 1000, 20000});
  if (p.now == simulated::life::main_gone) return post(in, event::tree_gone{c.id, c.run});
  doom(c.id, c.run, in, exit_status::killed(c.signal), d.one_in(6) ? 1 : 0);
}

void world::obey(const command::kill_tree& c) {
  const auto found = runs_.find({c.id, c.run});
  if (found == runs_.end()) return;  // its pre_start hook is all that there is
  simulated& p = found->second;
  dice d = temper(c.id, c.run, "kill");
  const auto in = some(d, {0, 5, 100});
  if (p.now == simulated::life::main_gone) return post(in, event::tree_gone{c.id, c.run});
  // A process that is just being started may slip through; the engine asks again.
  if (p.now == simulated::life::alive)
    doom(c.id, c.run, in, exit_status::killed(9), d.one_in(6) ? 1 : 0);
}

void world::obey(const command::probe& c) {
  const bool external = subject_->spec(c.id).type == service_type::external;
  simulated& p = external ? runs_[{c.id, c.run}] : live(c.id, c.run, "a probe");
  if (external) p.now = simulated::life::alive;
  expect(!p.probing, "a second probe in flight");
  expect(p.now == simulated::life::alive, "a probe of what does not live");
  p.probing = true;
  dice d(hasher().add(seed_).add(subject_->name(c.id)).add(order_).value());
  const bool healthy = healed_ || !d.one_in(3);
  post(some(d, {0, 3, 50, 2000}),
       event::probe_result{c.id, c.run, healthy, healthy ? "HTTP 200" : "HTTP 503"});
}

void world::obey(const command::cancel_probe& c) {
  const auto found = runs_.find({c.id, c.run});
  expect(found != runs_.end() && found->second.probing, "cancelled a probe that is not in flight");
  found->second.probing = false;
}

void world::obey(const command::run_hook& c) {
  dice d = temper(c.id, c.run, "hook");
  if (!healed_ && d.one_in(6)) return;  // the shell lost it
  const bool ok = healed_ || !d.one_in(4);
  post(some(d, {0, 20, 9000}), event::hook_done{c.id, c.run, c.hook, ok, ok ? "" : "exit code 1"});
}

void world::obey(const command::run_stop_command& c) {
  simulated& p = live(c.id, c.run, "a stop command");
  expect(p.now == simulated::life::alive, "a stop command for what does not live");
  dice d = temper(c.id, c.run, "stop command");
  if (d.one_in(4)) return;
  const bool ok = !d.one_in(3);
  post(some(d, {0, 20, 900}), event::stop_command_done{c.id, c.run, ok, "exit code 1"});
  if (ok && !p.stubborn) doom(c.id, c.run, some(d, {0, 50, 20000}), exit_status::exited(0), 0);
}

void world::obey(const command::end_run& c) {
  const auto found = runs_.find({c.id, c.run});
  if (found == runs_.end()) return;
  const bool external = subject_->spec(c.id).type == service_type::external;
  expect(external || killing_ || found->second.now == simulated::life::gone,
         "a run ended while something of it lives");
  found->second.now = simulated::life::gone;
}

void world::obey(const command::record& c) {
  trace_.add(c.entry.instance).add(static_cast<std::uint64_t>(c.entry.why));
  trace_.add(static_cast<std::uint64_t>(c.entry.when.time_since_epoch().count()));
  check_entry(c.entry);
}

void world::obey(const command::save_desired&) {}

void world::obey(const command::forget& c) {
  for (const auto& [key, p] : runs_)
    expect(key.first != c.id || p.now == simulated::life::gone, "forgot what lives");
  states_.erase(subject_->name(c.id));
  forgotten_.insert(c.id);
}

void world::obey(const command::stack_down&) {
  ++downs_;
  expect(subject_->shutting_down(), "down without a shutdown");
}

}  // namespace aurora::property

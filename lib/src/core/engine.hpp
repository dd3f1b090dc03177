#pragma once

// (the essay on states goes here: each state, who may leave it and why, what wins)

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aurora/plan.hpp>
#include <aurora/spec.hpp>
#include <aurora/status.hpp>

#include "core/events.hpp"

namespace aurora::core {

/// Where an operation on an instance stands.
enum class progress { pending, done, failed };

/// The supervisor's decisions, and nothing else: events and the time in, commands out.
class engine {
 public:
  struct desired_entry {
    std::string instance;
    desired_state desired;
  };

  /// `seed` feeds the jitter: the same stack, seed and events give the same commands.
  engine(const stack_spec& stack, std::uint64_t seed);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Before `begin`: what an operator last asked for. Unknown names are ignored.
  void restore_desired(const std::vector<desired_entry>& entries);

  /// Starts what is wanted. Call once.
  void begin(instant now, commands& out);

  /// Takes one event and appends what is to be done. Total: every event is legal at any time.
  void step(const engine_event& event, instant now, commands& out);

  /// Replaces the stack (reload, scale): performs `make_plan(current, next)`; returns its steps.
  plan_steps apply(const stack_spec& next, instant now, commands& out);

  /// When `tick` is due; nothing: not before the next event.
  std::optional<instant> next_deadline() const;

  const stack_spec& stack() const;

  /// Instances in name order ("web@2" before "web@10").
  std::vector<instance_id> instances() const;
  std::optional<instance_id> find(const std::string& instance) const;
  /// "web@2", or all instances of "web". Empty: no such name.
  targets resolve(const std::string& name) const;

  /// False once it was forgotten; then no other question about it may be asked.
  bool exists(instance_id id) const;
  const service_spec& spec(instance_id id) const;
  const std::string& name(instance_id id) const;
  unsigned number(instance_id id) const;  ///< 1 where there is only one
  state state_of(instance_id id) const;
  run_number run_of(instance_id id) const;
  bool alive(instance_id id) const;  ///< something of it runs, or is being started
  instance_status status(instance_id id, instant now) const;

  /// What operators asked for where it differs from the configuration's `autostart`.
  std::vector<desired_entry> desired() const;

  /// Whether a start (or restart) or a stop that was asked for has come to its end.
  progress towards_up(instance_id id) const;
  progress towards_down(instance_id id) const;

  /// The services whose conditions `id` waits for right now.
  std::vector<std::string> waits_for(instance_id id) const;

  bool shutting_down() const;
  bool down() const;                   ///< nothing is alive
  std::uint64_t stale_events() const;  ///< results of older runs, ignored

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Closes an instance's own variables in a template: `${PORT}`, `${AURORA_SERVICE}`,
/// `${AURORA_INSTANCE}`, `$$`. An unset PORT becomes empty.
struct instance_variables {
  std::string service;
  unsigned instance = 1;
  std::optional<std::uint16_t> port;
};
std::string expand(const templated& text, const instance_variables& variables);
std::vector<std::string> expand(const argv_template& argv, const instance_variables& variables);

/// "web", or "web@2" where there are several.
std::string instance_name(const service_spec& service, unsigned number);

}  // namespace aurora::core

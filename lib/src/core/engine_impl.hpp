#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/chance.hpp"
#include "core/engine.hpp"
#include "core/graph.hpp"
#include "core/instance.hpp"
#include "core/timeline.hpp"

namespace aurora::core {

/// The engine's state and its moves. One step: an event changes wants and phases of a few
/// instances; `touch` keeps the graph's counts and the timeline right and queues whoever may have
/// to act on it; `run` spreads wants first, then lets queued instances move, until nothing moves
/// any more.
struct engine::impl {
  impl(stack_spec stack, std::uint64_t seed);

  // --- engine.cpp: one step -------------------------------------------------------------------
  void enter(instant at, commands& out);
  void run();
  void spread(graph::index service);
  void finish_shutdown();
  void tick();

  // --- keeping.cpp: bookkeeping of instances -----------------------------------------------------
  instance* look(instance_id id) const;
  instance& get(instance_id id) const;
  instance& create(graph::index service, unsigned number, std::string name);
  void forget(instance& i);
  void touch(instance& i);
  void weigh(instance& i);
  void remember(instance& i);
  void queue(instance& i);
  void queue_members(graph::index service);
  standing standing_of(const instance& i) const;
  const std::vector<instance_id>& in_order() const;

  // --- keeping.cpp: the journal ------------------------------------------------------------------
  void move(instance& i, phase_of_life next, reason why, evidence because = {});
  void shift(instance& i, phase_of_life next);
  void note(instance& i, reason why, evidence because = {});
  void record(const instance& i, state from, state to, std::optional<int> pid, const motive& m);
  template <class Command>
  void emit(Command&& c) {
    out->emplace_back(std::forward<Command>(c));
  }

  // --- wants.cpp ---------------------------------------------------------------------------------
  bool wanted(const instance& i) const;
  bool held(const instance& i) const;
  motive stop_motive(const instance& i) const;
  void start(const targets& who);
  void stop(const targets& who);
  void restart(const targets& who);
  void want_up(const targets& who, reason why);
  bool desire(instance& i, desired_state what);
  void renew(instance& i, motive why);
  void cycle(instance& i, motive why);
  void files_changed(const event::files_changed& e);
  void shut_down(motive why, std::optional<int> code);
  void kill_all();

  // --- transitions.cpp: where each phase goes by itself; true: it moved --------------------------
  void advance(instance& i);
  bool next(instance& i, phase::stopped& p);
  bool next(instance& i, phase::waiting& p);
  bool next(instance& i, phase::preparing& p);
  bool next(instance& i, phase::spawning& p);
  bool next(instance& i, phase::starting& p);
  bool next(instance& i, phase::running& p);
  bool next(instance& i, phase::observing& p);
  bool next(instance& i, phase::pre_stopping& p);
  bool next(instance& i, phase::stopping& p);
  bool next(instance& i, phase::abandoning& p);
  bool next(instance& i, phase::cleaning& p);
  bool next(instance& i, phase::backoff& p);
  bool next(instance& i, phase::failed& p);
  bool next(instance& i, phase::completed& p);
  bool start_over(instance& i);

  // --- rising.cpp: from wanted to ready ----------------------------------------------------------
  bool can_start(const instance& i) const;
  const instance* predecessor(const instance& i) const;
  std::string waits_for(const instance& i) const;
  void go_up(instance& i, const motive& why);
  void launch(instance& i, const motive& why);
  void spawn(instance& i);
  void spawned(instance& i, int pid);
  void spawn_failed(instance& i, const event::spawn_failed& e);
  void become_ready(instance& i);
  void prepared(instance& i, bool ok, const std::string& text);

  // --- resuming.cpp: where an earlier engine ended -----------------------------------------------
  bool restore(const std::string& name, remembered what);
  void resume(instance& i);
  void resume(instance& i, phase::preparing& p);
  void resume(instance& i, phase::spawning& p);
  void resume(instance& i, phase::starting& p);
  void resume(instance& i, phase::running& p);
  void resume(instance& i, phase::observing& p);
  void resume(instance& i, phase::pre_stopping& p);
  void resume(instance& i, phase::stopping& p);
  void resume(instance& i, phase::abandoning& p);
  void resume(instance& i, phase::cleaning& p);

  // --- falling.cpp: from a stop or an end to nothing left ----------------------------------------
  void begin_stop(instance& i, ending end, evidence because);
  void begin_asked_stop(instance& i);
  void send_stop(instance& i);
  void send_signal(instance& i, phase::stopping& p);
  void kill(instance& i);
  void kill_late(instance& i, phase::stopping& p);
  void kill_left(instance& i, phase::stopping& p);
  void main_ended(instance& i, const event::main_exited& e);
  void left_over(instance& i, ending end, unsigned count);
  void tree_over(instance& i, ending end);
  void settle(instance& i, ending end);

  // --- policy.cpp: what follows an end that nobody asked for
  // --------------------------------------
  void decide(instance& i, const ending& end);
  void start_again(instance& i, const ending& end);
  void give_up(instance& i, reason why, evidence because, int code);

  // --- checking.cpp: probes ----------------------------------------------------------------------
  void ring(instance& i);
  void silence(instance& i, probe_schedule& probes);
  void answered(instance& i, const event::probe_result& e);
  void answered_observing(instance& i, const event::probe_result& e);
  void answered_too_early(instance& i, probe_schedule& probes);
  void health_rule_changed(instance& i, const std::optional<health_spec>& before);
  health health_of(const instance& i) const;

  // --- events.cpp
  // ----------------------------------------------------------------------------------
  template <class Event>
  instance* of_current_run(const Event& e);
  void handle(const event::start& e);
  void handle(const event::stop& e);
  void handle(const event::restart& e);
  void handle(const event::shutdown& e);
  void handle(const event::kill_all& e);
  void handle(const event::spawned& e);
  void handle(const event::spawn_failed& e);
  void handle(const event::signalled_ready& e);
  void handle(const event::probe_result& e);
  void handle(const event::main_exited& e);
  void handle(const event::tree_gone& e);
  void handle(const event::hook_done& e);
  void handle(const event::stop_command_done& e);
  void handle(const event::notify_stopping& e);
  void handle(const event::notify_status& e);
  void handle(const event::watchdog_armed& e);
  void handle(const event::watchdog_ping& e);
  void handle(const event::watchdog_triggered& e);
  void handle(const event::extend_timeout& e);
  void handle(const event::main_pid_changed& e);
  void handle(const event::files_changed& e);
  void handle(const event::tick& e);

  // --- reload.cpp
  // ----------------------------------------------------------------------------------
  plan_steps apply(const stack_spec& next);
  void adopt(instance& i);
  void replace_stack(stack_spec next);
  void expect_members(graph::index service);
  void leave(instance& i, graph::index service, reason why);
  void come_back(instance& i);
  void recount();
  void perform(const plan_step& step, const stack_spec& before);
  void redefine(instance& i, const std::string& keys);
  void update(instance& i);

  std::shared_ptr<const stack_spec> stack;
  graph services;
  std::vector<std::unique_ptr<instance>> slots;      // by id; empty once forgotten
  std::vector<std::unique_ptr<instance>> forgotten;  // kept until the next step for their names
  std::unordered_map<std::string, instance_id> names;
  mutable std::vector<instance_id> order;  // by name; empty: to be made
  timeline due;
  chance luck;

  instant now{};
  commands* out = nullptr;
  std::vector<graph::index> wants;   // services whose dependants have to look again
  std::vector<instance*> work;       // instances that may have to move
  std::vector<graph::index> freed;   // scratch of `touch`
  std::vector<instance*> ringing;    // scratch of `tick`
  std::vector<instance_id> changed;  // whoever has something new to remember

  std::size_t alive = 0;
  std::uint64_t stale = 0;
  std::optional<motive> shutdown;
  std::optional<int> exit_code;
  instant shutdown_until = never;
  bool told_down = false;
};

}  // namespace aurora::core

#include <algorithm>

#include "core/engine_impl.hpp"

// What comes from outside. A result of an older run, or one that nothing waits for, changes nothing
// and is counted.
namespace aurora::core {

template <class Event>
instance* engine::impl::of_current_run(const Event& e) {
  instance* i = look(e.id);
  const bool current =
      i && i->run == e.run && (is_alive(i->at) || std::holds_alternative<phase::observing>(i->at));
  if (!current) ++stale;
  return current ? i : nullptr;
}

void engine::impl::handle(const event::start& e) { start(e.who); }
void engine::impl::handle(const event::stop& e) { stop(e.who); }
void engine::impl::handle(const event::restart& e) { restart(e.who); }
void engine::impl::handle(const event::shutdown&) {
  shut_down({reason::shutdown, {}}, std::nullopt);
}
void engine::impl::handle(const event::kill_all&) { kill_all(); }
void engine::impl::handle(const event::files_changed& e) { files_changed(e); }
void engine::impl::handle(const event::tick&) { tick(); }

void engine::impl::handle(const event::spawned& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  if (std::holds_alternative<phase::spawning>(i->at)) return spawned(*i, e.pid);
  auto* p = std::get_if<phase::stopping>(&i->at);
  if (!p || p->main.pid || p->main.main_gone) {
    ++stale;
    return;
  }
  // It was not wanted any more before it was born: now there is something to stop.
  p->main.pid = e.pid;
  p->main.spawned_at = now;
  i->budget.spawn_retries = 0;
  if (p->at == phase::stopping::stage::killed) {
    p->until = after(now, kill_again);
    emit(command::kill_tree{i->id, i->run});
    return touch(*i);
  }
  p->until = after(now, i->spec->stop.timeout);
  send_stop(*i);
}

void engine::impl::handle(const event::spawn_failed& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  const auto* p = std::get_if<phase::stopping>(&i->at);
  if (std::holds_alternative<phase::spawning>(i->at) || (p && !p->main.pid))
    spawn_failed(*i, e);
  else
    ++stale;
}

void engine::impl::handle(const event::signalled_ready& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  const ready_spec& ready = i->spec->ready;
  const bool awaited = std::holds_alternative<ready_on_notify>(ready) ||
                       std::holds_alternative<ready_on_log>(ready) ||
                       std::holds_alternative<ready_on_fd>(ready);
  if (awaited && std::holds_alternative<phase::starting>(i->at)) become_ready(*i);
}

void engine::impl::handle(const event::probe_result& e) {
  if (instance* i = of_current_run(e)) {
    answered(*i, e);
    if (look(e.id)) weigh(*i);
  }
}

void engine::impl::handle(const event::main_exited& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  const process* main = process_of(i->at);
  const bool asked = std::holds_alternative<phase::spawning>(i->at);
  if (asked || (main && !main->main_gone)) return main_ended(*i, e);
  ++stale;
}

void engine::impl::handle(const event::tree_gone& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  auto* p = std::get_if<phase::stopping>(&i->at);
  if (p && p->main.main_gone) return tree_over(*i, std::move(p->end));
  ++stale;
}

void engine::impl::handle(const event::hook_done& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  evidence because;
  because.text = e.text;
  switch (e.hook) {
    case hook_kind::pre_start:
      if (std::holds_alternative<phase::preparing>(i->at)) return prepared(*i, e.ok, e.text);
      if (auto* p = std::get_if<phase::abandoning>(&i->at)) return settle(*i, std::move(p->end));
      break;
    case hook_kind::post_start:
      if (!e.ok) note(*i, reason::hook_failed, std::move(because));
      return;
    case hook_kind::pre_stop:
      if (!std::holds_alternative<phase::pre_stopping>(i->at)) break;
      if (!e.ok) note(*i, reason::hook_failed, std::move(because));
      return send_stop(*i);
    case hook_kind::post_stop:
      if (auto* p = std::get_if<phase::cleaning>(&i->at)) {
        if (!e.ok) note(*i, reason::hook_failed, std::move(because));
        return settle(*i, std::move(p->end));
      }
      break;
  }
  ++stale;
}

void engine::impl::handle(const event::stop_command_done& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  auto* p = std::get_if<phase::stopping>(&i->at);
  if (!p || p->at != phase::stopping::stage::command) {
    ++stale;
    return;
  }
  if (e.ok) return;
  evidence because;
  because.text = "stop.command: " + e.text;
  note(*i, reason::hook_failed, std::move(because));
  send_signal(*i, *p);
}

void engine::impl::handle(const event::notify_stopping& e) {
  instance* i = of_current_run(e);
  if (!i || !(std::holds_alternative<phase::starting>(i->at) ||
              std::holds_alternative<phase::running>(i->at)))
    return;
  process main = std::move(*process_of(i->at));
  silence(*i, main.probes);
  main.watchdog_due = never;
  ending end;
  end.by = ending::cause::itself;
  end.why = reason::exited;
  evidence because;
  because.text = "it said that it stops";
  move(*i,
       phase::stopping{std::move(main), std::move(end), after(now, i->spec->stop.timeout),
                       phase::stopping::stage::leaving},
       reason::exited, std::move(because));
}

void engine::impl::handle(const event::notify_status& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  i->status_text = e.text;
  remember(*i);
}

void engine::impl::handle(const event::watchdog_armed& e) {
  instance* i = of_current_run(e);
  process* main = i ? process_of(i->at) : nullptr;
  if (!main) return;
  remember(*i);
  main->watchdog.reset();
  if (e.within > duration::zero()) main->watchdog = e.within;
  if (!std::holds_alternative<phase::running>(i->at)) return;
  main->watchdog_due = main->watchdog ? after(now, *main->watchdog) : never;
  touch(*i);
}

void engine::impl::handle(const event::watchdog_ping& e) {
  instance* i = of_current_run(e);
  auto* up = i ? std::get_if<phase::running>(&i->at) : nullptr;
  if (!up || !up->main.watchdog) return;
  up->main.watchdog_due = after(now, *up->main.watchdog);
  weigh(*i);
}

void engine::impl::handle(const event::watchdog_triggered& e) {
  instance* i = of_current_run(e);
  if (!i || !(std::holds_alternative<phase::starting>(i->at) ||
              std::holds_alternative<phase::running>(i->at)))
    return;
  ending end;
  end.by = ending::cause::forced;
  end.why = reason::watchdog;
  evidence because;
  because.text = "triggered by the service";
  begin_stop(*i, std::move(end), std::move(because));
}

/// One EXTEND_TIMEOUT_USEC reaches no further, whatever it says: a stop always has a deadline. A
/// service that needs more says so again, as sd_notify(3) asks for anyway.
constexpr duration longest_extension = std::chrono::hours(1);

void engine::impl::handle(const event::extend_timeout& e) {
  instance* i = of_current_run(e);
  if (!i) return;
  const instant until = after(now, std::min(e.by, longest_extension));
  if (auto* p = std::get_if<phase::starting>(&i->at)) p->until = std::max(p->until, until);
  if (auto* p = std::get_if<phase::stopping>(&i->at); p && p->at != phase::stopping::stage::killed)
    p->until = std::max(p->until, until);
  touch(*i);
}

void engine::impl::handle(const event::main_pid_changed& e) {
  instance* i = of_current_run(e);
  process* main = i ? process_of(i->at) : nullptr;
  if (!main || !main->pid || main->main_gone) return;
  main->pid = e.pid;
  remember(*i);
}

}  // namespace aurora::core

#include <algorithm>
#include <csignal>

#include "core/engine_impl.hpp"

// From a stop, or an end that came by itself, to nothing left.
namespace aurora::core {
namespace {

using stage = phase::stopping::stage;

}  // namespace

void engine::impl::begin_asked_stop(instance& i) {
  motive m = stop_motive(i);
  ending end;
  end.why = m.why;
  begin_stop(i, std::move(end), std::move(m.because));
}

/// From starting or running. A watchdog's stop skips hook and command: the process does not answer,
/// and its core is wanted as it is.
void engine::impl::begin_stop(instance& i, ending end, evidence because) {
  process main = std::move(*process_of(i.at));
  silence(i, main.probes);
  main.watchdog_due = never;
  const reason why = end.why;
  if (!i.spec->hooks.pre_stop.empty() && why != reason::watchdog) {
    move(i, phase::pre_stopping{std::move(main), std::move(end), after(now, hook_patience)}, why,
         std::move(because));
    emit(command::run_hook{i.id, i.run, hook_kind::pre_stop});
    return;
  }
  const instant until = after(now, i.spec->stop.timeout);
  move(i, phase::stopping{std::move(main), std::move(end), until, stage::leaving}, why,
       std::move(because));
  send_stop(i);
}

/// The stop proper: the command, or the signal.
void engine::impl::send_stop(instance& i) {
  if (auto* hooked = std::get_if<phase::pre_stopping>(&i.at)) {
    const instant until = after(now, i.spec->stop.timeout);
    phase::stopping p{std::move(hooked->main), std::move(hooked->end), until, stage::leaving};
    shift(i, std::move(p));
  }
  auto& p = std::get<phase::stopping>(i.at);
  const bool by_command = !i.spec->stop.command.empty() && p.end.why != reason::watchdog;
  if (!by_command) return send_signal(i, p);
  p.at = stage::command;
  emit(command::run_stop_command{i.id, i.run});
  touch(i);
}

void engine::impl::send_signal(instance& i, phase::stopping& p) {
  const stop_spec& rule = i.spec->stop;
  const int signal = p.end.why == reason::watchdog ? SIGABRT : rule.signal;
  p.at = stage::signalled;
  const auto to = p.main.main_gone                ? command::reach::tree
                  : rule.to == signal_scope::main ? command::reach::main
                                                  : command::reach::group;
  emit(command::send_signal{i.id, i.run, signal, to});
  touch(i);
}

/// The patience with a stop is over, or SIGKILL has to be sent again.
void engine::impl::kill_late(instance& i, phase::stopping& p) {
  if (p.at != stage::killed) {
    p.end.killed = true;
    i.last = {reason::stop_timeout, {}};
    i.last.because.delay = i.spec->stop.timeout;
    note(i, reason::stop_timeout, i.last.because);
  }
  kill_left(i, p);
}

/// At once, whatever is going on. Hooks are not waited for: the shell ends them with the run.
void engine::impl::kill(instance& i) {
  if (!is_alive(i.at)) return;
  const bool hook_only = std::holds_alternative<phase::preparing>(i.at) ||
                         std::holds_alternative<phase::abandoning>(i.at) ||
                         std::holds_alternative<phase::cleaning>(i.at);
  if (hook_only) {
    emit(command::kill_tree{i.id, i.run});
    ending end;
    if (auto* p = std::get_if<phase::cleaning>(&i.at)) end = std::move(p->end);
    return settle(i, std::move(end));
  }
  auto* p = std::get_if<phase::stopping>(&i.at);
  if (!p) {
    motive m = stop_motive(i);
    phase::stopping next;
    if (process* main = process_of(i.at)) {
      silence(i, main->probes);
      next.main = std::move(*main);
    }
    next.main.watchdog_due = never;
    if (auto* hooked = std::get_if<phase::pre_stopping>(&i.at)) next.end = std::move(hooked->end);
    next.end.why = m.why;
    next.at = next.main.pid ? stage::signalled : stage::unborn;
    move(i, std::move(next), m.why, std::move(m.because));
    p = &std::get<phase::stopping>(i.at);
  }
  kill_left(i, *p);
}

/// The main process ended; descendants may be left.
void engine::impl::main_ended(instance& i, const event::main_exited& e) {
  i.last_exit = e.status;
  i.last_exit_at = now;
  ending end;
  if (auto* p = std::get_if<phase::stopping>(&i.at)) {
    end = p->end;
  } else if (auto* hooked = std::get_if<phase::pre_stopping>(&i.at)) {
    end = hooked->end;
  } else {
    end.by = ending::cause::itself;
    end.why = reason::exited;
  }
  end.exit = e.status;
  if (process* main = process_of(i.at)) {
    silence(i, main->probes);
    main->main_gone = true;
    main->watchdog_due = never;
    if (main->pid) end.lived = now - main->spawned_at;
    if (main->ready_at) end.ready_for = now - *main->ready_at;
  }
  e.left_over == 0 ? tree_over(i, std::move(end)) : left_over(i, std::move(end), e.left_over);
}

// Nobody asked for the end: what is left is killed at once, for the next start needs its place.
// A stop is patient: what is left gets the signal too, and the rest of the stop's time.
void engine::impl::left_over(instance& i, ending end, unsigned count) {
  evidence because;
  because.exit = end.exit;
  because.count = count;
  end.told = true;
  if (auto* p = std::get_if<phase::stopping>(&i.at)) {
    p->end = std::move(end);
    note(i, reason::left_over, std::move(because));
    if (p->at == stage::killed) return;
    if (p->end.by != ending::cause::itself || !wanted(i)) return send_signal(i, *p);
    return kill_left(i, *p);
  }
  const bool patient = end.by == ending::cause::asked || !wanted(i);
  process main;
  if (process* old = process_of(i.at)) main = std::move(*old);
  main.main_gone = true;
  const instant until = after(now, patient ? i.spec->stop.timeout : kill_again);
  move(i, phase::stopping{std::move(main), std::move(end), until, stage::signalled},
       reason::left_over, std::move(because));
  auto& p = std::get<phase::stopping>(i.at);
  if (patient) return send_signal(i, p);
  kill_left(i, p);
}

void engine::impl::kill_left(instance& i, phase::stopping& p) {
  p.at = stage::killed;
  p.until = after(now, kill_again);
  emit(command::kill_tree{i.id, i.run});
  touch(i);
}

/// Nothing of the run is left.
void engine::impl::tree_over(instance& i, ending end) {
  if (i.spec->hooks.post_stop.empty()) return settle(i, std::move(end));
  evidence because;
  because.exit = end.exit;
  because.text = end.text;
  const reason why = end.killed                        ? reason::stop_timeout
                     : end.by == ending::cause::itself ? reason::exited
                                                       : reason::stopped;
  if (end.told) because.exit.reset();
  end.told = true;
  move(i, phase::cleaning{std::move(end), after(now, hook_patience)}, why, std::move(because));
  emit(command::run_hook{i.id, i.run, hook_kind::post_stop});
}

/// The run is over, its hooks included: what is wanted decides, and only then the restart policy.
void engine::impl::settle(instance& i, ending end) {
  emit(command::end_run{i.id, i.run});
  const bool wanted_on = wanted(i);
  if (wanted_on && end.by != ending::cause::asked) return decide(i, end);
  if (i.cycle) {
    if (i.cycle->why != reason::dependency_restart) {
      i.budget.clear();
      i.restarts = 0;
    }
    i.up = std::move(*i.cycle);
    i.cycle.reset();
    i.fresh = true;
  }
  adopt(i);
  evidence because;
  if (!end.told) because.exit = end.exit;
  because.text = std::move(end.text);
  const reason why = end.killed                        ? reason::stop_timeout
                     : end.by == ending::cause::itself ? reason::exited
                                                       : reason::stopped;
  move(i, phase::stopped{}, why, std::move(because));
}

}  // namespace aurora::core

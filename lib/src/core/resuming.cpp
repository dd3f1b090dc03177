#include <utility>

#include "core/engine_impl.hpp"

// Where an earlier engine ended, this one goes on: the process runs, but whatever the shell had
// under way for it (a hook, a command, a probe, the answer to a spawn) ended with that shell, and
// is asked for again.
namespace aurora::core {

bool engine::impl::restore(const std::string& name, remembered what) {
  const auto found = names.find(name);
  instance* i = found == names.end() ? nullptr : look(found->second);
  if (!i) return false;
  what.removed.reset();  // it is in the stack now
  static_cast<remembered&>(*i) = std::move(what);
  i->restored = true;
  if (probe_schedule* probes = probes_of(i->at)) {
    probes->end();
    probes->in_flight = false;
  }
  if (process* main = process_of(i->at)) main->watchdog_due = never;
  commands none;
  out = &none;
  touch(*i);
  return true;
}

void engine::impl::resume(instance& i) {
  std::visit(
      [&](auto& p) {
        using phase_type = std::decay_t<decltype(p)>;
        constexpr bool rests = std::is_same_v<phase_type, phase::stopped> ||
                               std::is_same_v<phase_type, phase::waiting> ||
                               std::is_same_v<phase_type, phase::backoff> ||
                               std::is_same_v<phase_type, phase::failed> ||
                               std::is_same_v<phase_type, phase::completed>;
        if constexpr (!rests) resume(i, p);
      },
      i.at);
  touch(i);
}

void engine::impl::resume(instance& i, phase::preparing& p) {
  p.until = after(now, hook_patience);
  emit(command::run_hook{i.id, i.run, hook_kind::pre_start});
}

void engine::impl::resume(instance& i, phase::spawning&) { emit(command::spawn{i.id, i.run}); }

void engine::impl::resume(instance& i, phase::starting& p) {
  const auto& rule = i.spec->health;
  if (rule && std::holds_alternative<ready_on_probe>(i.spec->ready))
    p.main.probes.begin(after(now, first_probe_delay(*rule)), rule->start_interval);
}

void engine::impl::resume(instance& i, phase::running& p) {
  if (const auto& rule = i.spec->health)
    p.main.probes.begin(first_steady_probe(*rule, now, luck.share()), rule->interval);
  if (p.main.watchdog) p.main.watchdog_due = after(now, *p.main.watchdog);
}

void engine::impl::resume(instance& i, phase::observing& p) {
  const auto& rule = i.spec->health;
  if (!rule) return;
  if (p.reachable) {
    p.probes.begin(first_steady_probe(*rule, now, luck.share()), rule->interval);
  } else {
    p.probes.begin(after(now, first_probe_delay(*rule)), rule->start_interval);
  }
}

void engine::impl::resume(instance& i, phase::pre_stopping& p) {
  p.until = after(now, hook_patience);
  emit(command::run_hook{i.id, i.run, hook_kind::pre_stop});
}

// The signal may have been sent or not: a service that gets it twice is better off than one that
// never does, and is killed for it.
void engine::impl::resume(instance& i, phase::stopping& p) {
  using stage = phase::stopping::stage;
  if (!p.main.pid && !p.main.main_gone) emit(command::spawn{i.id, i.run});  // still unanswered
  switch (p.at) {
    case stage::unborn:
    case stage::leaving:
      break;
    case stage::command:
      emit(command::run_stop_command{i.id, i.run});
      break;
    case stage::signalled:
      send_signal(i, p);
      break;
    case stage::killed:
      kill_left(i, p);
      break;
  }
}

// Its hook is gone, and nothing else of the run was there yet.
void engine::impl::resume(instance&, phase::abandoning& p) { p.until = now; }

void engine::impl::resume(instance& i, phase::cleaning& p) {
  p.until = after(now, hook_patience);
  emit(command::run_hook{i.id, i.run, hook_kind::post_stop});
}

}  // namespace aurora::core

#pragma once

#include <optional>
#include <variant>

#include <aurora/exit_status.hpp>
#include <aurora/status.hpp>
#include <aurora/time.hpp>

#include "core/moments.hpp"
#include "core/probing.hpp"

/// Where an instance stands, each phase with just its own data. The essay in engine.hpp tells who
/// leaves which phase and why; `shown` maps a phase to what people are shown.
namespace aurora::core {

/// A run that was asked for: from the spawn to the end of everything that descends from it.
struct process {
  std::optional<int> pid;  ///< nothing: the answer to `spawn` is still out
  instant spawned_at{};
  std::optional<instant> ready_at;
  probe_schedule probes;
  std::optional<duration> watchdog;  ///< a ping is due in each such span
  instant watchdog_due = never;
  bool main_gone = false;  ///< descendants are left
};

/// How a run comes to its end, carried along until it is over.
struct ending {
  enum class cause {
    asked,   ///< operator, plan, dependency or shutdown: no restart policy
    itself,  ///< the main process ended, and its exit status decides
    forced,  ///< the engine ended it (start timeout, probes, watchdog), or it never came up: a
             ///< failure
  };
  cause by = cause::asked;
  reason why = reason::stopped;
  std::string text;  ///< evidence kept for the entry that ends the run
  std::optional<exit_status> exit;
  bool told = false;     ///< the journal has the exit (or the cause) already
  bool killed = false;   ///< the stop timeout ran out
  duration lived{};      ///< of the process
  duration ready_for{};  ///< from ready to the end
};

namespace phase {

struct stopped {};
/// Wanted, but a condition does not hold.
struct waiting {
  instant until;  ///< start_timeout from when it began to wait
};
/// The pre_start hook runs.
struct preparing {
  instant until;
};
/// `spawn` was asked.
struct spawning {};
/// Spawned, not ready.
struct starting {
  process main;
  instant until;      ///< start_timeout
  instant ready_due;  ///< where ready is a delay
};
struct running {
  process main;
};
/// External: probed, never spawned.
struct observing {
  probe_schedule probes;
  bool reachable = false;
};
/// The pre_stop hook runs.
struct pre_stopping {
  process main;
  ending end;
  instant until;
};
/// Asked to end in one way or another; leaves when nothing of the run is left.
struct stopping {
  enum class stage {
    unborn,     ///< `spawn` is still unanswered
    leaving,    ///< it said itself that it stops
    command,    ///< stop.command runs or did its part
    signalled,  ///< stop.signal was sent
    killed,     ///< SIGKILL was sent; sent again when `until` passes
  };
  process main;
  ending end;
  instant until;
  stage at = stage::signalled;
};
/// Not wanted any more while its pre_start hook runs: waits for the hook.
struct abandoning {
  ending end;
  instant until;
};
/// Nothing of the run is left; the post_stop hook runs.
struct cleaning {
  ending end;
  instant until;
};
struct backoff {
  instant until;
};
struct failed {
  enum class cause {
    itself,              ///< for good: needs `start`
    dependency_failed,   ///< comes back when none of its dependencies is failed
    dependency_timeout,  ///< comes back when its conditions hold
  };
  cause by = cause::itself;
};
struct completed {};

}  // namespace phase

using phase_of_life =
    std::variant<phase::stopped, phase::waiting, phase::preparing, phase::spawning, phase::starting,
                 phase::running, phase::observing, phase::pre_stopping, phase::stopping,
                 phase::abandoning, phase::cleaning, phase::backoff, phase::failed,
                 phase::completed>;

/// What people see.
state shown(const phase_of_life& at);

/// Something of it runs, or is being started, or a hook of it runs. What is only observed is not.
bool is_alive(const phase_of_life& at);

/// A program was executed, and dependants of the condition `started` may go on.
bool is_started(const phase_of_life& at);

/// Coming up or up: what a restart has to take down, and has not yet begun to.
bool is_up(const phase_of_life& at);

/// The run's process, in the phases that have one.
const process* process_of(const phase_of_life& at);
process* process_of(phase_of_life& at);

/// The probes, in the phases that have some.
const probe_schedule* probes_of(const phase_of_life& at);
probe_schedule* probes_of(phase_of_life& at);

/// When the phase has to be looked at again; `never` where only events count.
instant due_of(const phase_of_life& at);

}  // namespace aurora::core

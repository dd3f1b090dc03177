#pragma once

#include <string>
#include <vector>

#include <aurora/spec.hpp>

namespace aurora::property {

/// One thing that happens to the stack from outside. Which instance it hits is a number, so that a
/// shorter script means the same.
struct action {
  enum class kind {
    pass,  ///< time: `amount` ms
    start,
    stop,
    restart,
    stop_all,
    start_all,
    restart_all,
    crash,  ///< the main process ends by itself, `amount` processes left
    files,
    reload,  ///< to another stack made with `amount` as seed
    reload_same,
    stale,     ///< a result of an older run, or of nobody
    watchdog,  ///< armed with `amount` ms
    trigger,
    leaving,  ///< STOPPING=1
    extend,
    repid,
    late_tick,  ///< the shell sleeps `amount` ms past a deadline
    shutdown,
    kill_all,
    die,  ///< the shell and its engine, at once; another goes on
  };
  kind what = kind::pass;
  unsigned who = 0;
  unsigned amount = 0;
};

std::string describe(const action& a);

/// A small random stack: every type, policy, readiness, hooks, probes, instances, edges.
stack_spec random_stack(std::uint64_t seed);

/// The same stack with some things changed, some services gone, some new.
stack_spec changed_stack(const stack_spec& from, std::uint64_t seed);

std::vector<action> random_script(std::uint64_t seed, unsigned length);

}  // namespace aurora::property

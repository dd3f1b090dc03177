#pragma once

#include <string>
#include <vector>

#include <aurora/spec.hpp>

namespace aurora {

/// What becomes of one service when a stack replaces another.
struct plan_step {
  enum class action {
    add,      ///< new: started where autostart says so
    remove,   ///< stopped in order, then forgotten
    restart,  ///< what its process is made of changed
    update,   ///< only rules about it changed (restart policy, probe, labels …): applied in place
    scale,    ///< instances added or removed, the others undisturbed
  };
  std::string service;
  action what = action::update;
  std::vector<std::string> keys;  ///< the keys that differ, "health.interval"; sorted
  unsigned from_instances = 0;
  unsigned to_instances = 0;
};

/// The steps from one stack to another, by service name; empty: nothing to do.
using plan_steps = std::vector<plan_step>;

/// The difference of two stacks. Pure and total; `make_plan(s, s)` is empty.
/// Rule: only services whose own definition changed are restarted (contract §5, `reload`).
plan_steps make_plan(const stack_spec& before, const stack_spec& after);

std::string_view to_string(plan_step::action action);

}  // namespace aurora

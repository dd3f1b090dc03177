#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/instance_runtime.hpp"

// The driver's part of what is counted and measured.
namespace aurora::shell {

void driver::note_probe(const std::string& instance, const probe_answer& answer) {
  counters_.on_probe(instance, answer.took, answer.healthy);
  journal_.each_observer([&](auto& who) { who.on_probe(instance, answer); });
}

std::vector<usage_recorder::subject> driver::running_now() {
  std::vector<usage_recorder::subject> found;
  const auto now = monotonic_now();
  for (const auto id : engine_.instances()) {
    const auto* runtime = find_runtime(id);
    if (!runtime || !runtime->process()) continue;
    found.push_back({id, engine_.run_of(id), engine_.name(id), runtime->process()->pid(),
                     runtime->cgroup(), engine_.status(id, now).uptime.value_or(duration{})});
  }
  return found;
}

}  // namespace aurora::shell

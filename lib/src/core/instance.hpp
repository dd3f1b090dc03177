#pragma once

#include <memory>
#include <optional>
#include <string>

#include <aurora/spec.hpp>
#include <aurora/status.hpp>

#include "core/budget.hpp"
#include "core/events.hpp"
#include "core/graph.hpp"
#include "core/phases.hpp"

namespace aurora::core {

/// Why something is to happen, with what it rests on.
struct motive {
  reason why = reason::not_started;
  evidence because;
};

/// What of an instance outlives the shell around the engine: with it a later engine goes on where
/// this one ended. The times are of the same boot.
struct remembered {
  phase_of_life at;
  run_number run = 0;

  desired_state desired = desired_state::down;
  bool asked = false;             ///< an operator said what is desired
  std::optional<motive> cycle;    ///< down first, then up again: a restart is under way
  std::optional<reason> removed;  ///< gone from the configuration; forgotten once it is down
  bool again = false;             ///< leaves backoff, failed or completed now, whatever they say
  bool fresh = false;             ///< came up by a restart that has not come to its end
  motive up;                      ///< of the next start

  restart_budget budget;
  std::uint64_t restarts = 0;
  std::optional<exit_status> last_exit;
  instant last_exit_at{};
  motive last;  ///< of the last change of state
  std::string status_text;
};

/// All that the engine knows about one instance.
struct instance : remembered {
  instance_id id{};
  std::string name;
  unsigned number = 1;
  graph::index service = 0;
  /// What the current run was started with; the service's newest once nothing runs.
  std::shared_ptr<const service_spec> spec;
  bool outdated = false;  ///< `spec` is not the service's newest

  standing counted;            ///< as the graph knows it
  bool counted_alive = false;  ///< as the engine counts it
  bool queued = false;         ///< in the work queue
  bool changed = false;        ///< since it was last asked what to remember
  bool restored = false;       ///< goes on with a run of an earlier engine
};

}  // namespace aurora::core

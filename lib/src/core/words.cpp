#include <aurora/plan.hpp>
#include <aurora/status.hpp>

// The words for states and reasons. The switches have no default, so that a new enumerator without
// a word does not compile.
namespace aurora {

std::string_view to_string(state value) {
  switch (value) {
    case state::stopped:
      return "stopped";
    case state::waiting:
      return "waiting";
    case state::starting:
      return "starting";
    case state::running:
      return "running";
    case state::stopping:
      return "stopping";
    case state::backoff:
      return "backoff";
    case state::failed:
      return "failed";
    case state::completed:
      return "completed";
  }
  return "unknown";
}

std::string_view to_string(desired_state value) {
  return value == desired_state::up ? "up" : "down";
}

std::string_view to_string(health value) {
  switch (value) {
    case health::none:
      return "none";
    case health::unknown:
      return "unknown";
    case health::healthy:
      return "healthy";
    case health::unhealthy:
      return "unhealthy";
  }
  return "unknown";
}

// A table of words, whatever its length.
std::string_view to_string(reason value) {  // NOLINT(readability-function-size)
  switch (value) {
    case reason::not_started:
      return "not-started";
    case reason::operator_start:
      return "operator-start";
    case reason::operator_stop:
      return "operator-stop";
    case reason::operator_restart:
      return "operator-restart";
    case reason::config_added:
      return "config-added";
    case reason::config_changed:
      return "config-changed";
    case reason::config_removed:
      return "config-removed";
    case reason::scaled:
      return "scaled";
    case reason::files_changed:
      return "files-changed";
    case reason::dependency_wait:
      return "dependency-wait";
    case reason::dependency_failed:
      return "dependency-failed";
    case reason::dependency_timeout:
      return "dependency-timeout";
    case reason::dependency_restart:
      return "dependency-restart";
    case reason::dependency_back:
      return "dependency-back";
    case reason::spawned:
      return "spawned";
    case reason::ready:
      return "ready";
    case reason::exited:
      return "exited";
    case reason::completed:
      return "completed";
    case reason::start_timeout:
      return "start-timeout";
    case reason::unhealthy:
      return "unhealthy";
    case reason::watchdog:
      return "watchdog";
    case reason::exec_failed:
      return "exec-failed";
    case reason::spawn_retry:
      return "spawn-retry";
    case reason::hook_failed:
      return "hook-failed";
    case reason::backoff:
      return "backoff";
    case reason::backoff_over:
      return "backoff-over";
    case reason::limit_reached:
      return "limit-reached";
    case reason::policy_never:
      return "policy-never";
    case reason::stop_timeout:
      return "stop-timeout";
    case reason::stopped:
      return "stopped";
    case reason::shutdown:
      return "shutdown";
    case reason::critical_failed:
      return "critical-failed";
    case reason::probe_ok:
      return "probe-ok";
    case reason::probe_failed:
      return "probe-failed";
    case reason::left_over:
      return "left-over";
    case reason::reachable:
      return "reachable";
    case reason::unreachable:
      return "unreachable";
  }
  return "unknown";
}

std::string_view to_string(plan_step::action value) {
  switch (value) {
    case plan_step::action::add:
      return "add";
    case plan_step::action::remove:
      return "remove";
    case plan_step::action::restart:
      return "restart";
    case plan_step::action::update:
      return "update";
    case plan_step::action::scale:
      return "scale";
  }
  return "unknown";
}

}  // namespace aurora

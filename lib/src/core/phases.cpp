#include "core/phases.hpp"

#include <algorithm>
#include <type_traits>

namespace aurora::core {
namespace {

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

template <class Phase, class = void>
struct has_process : std::false_type {};
template <class Phase>
struct has_process<Phase, std::void_t<decltype(std::declval<Phase&>().main)>> : std::true_type {};

template <class Result, class At>
Result* find_process(At& at) {
  return std::visit(
      [](auto& p) -> Result* {
        if constexpr (has_process<std::remove_const_t<std::remove_reference_t<decltype(p)>>>::value)
          return &p.main;
        else
          return nullptr;
      },
      at);
}

}  // namespace

state shown(const phase_of_life& at) {
  return std::visit(
      overloaded{
          [](const phase::stopped&) { return state::stopped; },
          [](const phase::waiting&) { return state::waiting; },
          [](const phase::preparing&) { return state::starting; },
          [](const phase::spawning&) { return state::starting; },
          [](const phase::starting&) { return state::starting; },
          [](const phase::running&) { return state::running; },
          [](const phase::observing& p) { return p.reachable ? state::running : state::starting; },
          [](const phase::pre_stopping&) { return state::stopping; },
          [](const phase::stopping&) { return state::stopping; },
          [](const phase::abandoning&) { return state::stopping; },
          [](const phase::cleaning&) { return state::stopping; },
          [](const phase::backoff&) { return state::backoff; },
          [](const phase::failed&) { return state::failed; },
          [](const phase::completed&) { return state::completed; },
      },
      at);
}

bool is_up(const phase_of_life& at) {
  return std::holds_alternative<phase::preparing>(at) ||
         std::holds_alternative<phase::spawning>(at) ||
         std::holds_alternative<phase::starting>(at) || std::holds_alternative<phase::running>(at);
}

bool is_alive(const phase_of_life& at) { return is_up(at) || shown(at) == state::stopping; }

bool is_started(const phase_of_life& at) {
  return std::holds_alternative<phase::starting>(at) ||
         std::holds_alternative<phase::running>(at) ||
         std::holds_alternative<phase::observing>(at) ||
         std::holds_alternative<phase::completed>(at);
}

const process* process_of(const phase_of_life& at) { return find_process<const process>(at); }
process* process_of(phase_of_life& at) { return find_process<process>(at); }

const probe_schedule* probes_of(const phase_of_life& at) {
  if (const auto* watched = std::get_if<phase::observing>(&at)) return &watched->probes;
  const process* main = process_of(at);
  return main ? &main->probes : nullptr;
}

probe_schedule* probes_of(phase_of_life& at) {
  return const_cast<probe_schedule*>(probes_of(std::as_const(at)));
}

instant due_of(const phase_of_life& at) {
  return std::visit(
      overloaded{
          [](const phase::starting& p) {
            return std::min({p.until, p.ready_due, p.main.probes.due});
          },
          [](const phase::running& p) { return std::min(p.main.probes.due, p.main.watchdog_due); },
          [](const phase::observing& p) { return p.probes.due; },
          [](const phase::waiting& p) { return p.until; },
          [](const phase::preparing& p) { return p.until; },
          [](const phase::pre_stopping& p) { return p.until; },
          [](const phase::stopping& p) { return p.until; },
          [](const phase::abandoning& p) { return p.until; },
          [](const phase::cleaning& p) { return p.until; },
          [](const phase::backoff& p) { return p.until; },
          [](const phase::stopped&) { return never; },
          [](const phase::spawning&) { return never; },
          [](const phase::failed&) { return never; },
          [](const phase::completed&) { return never; },
      },
      at);
}

}  // namespace aurora::core

#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "store/memory_text.hpp"

/// What there is of everything remembered, once for both directions: an archive takes (name, value)
/// pairs, and either writes or reads.
namespace aurora::store {

namespace phase = core::phase;

template <class Archive, class T>
using given = std::conditional_t<Archive::reads, T&, const T&>;

template <class Archive>
void fields(Archive& with, given<Archive, exit_status> it) {
  with("how", it.how), with("code", it.code), with("signal", it.signal);
  with("core", it.core_dumped), with("why", it.why);
}

template <class Archive>
void fields(Archive& with, given<Archive, evidence> it) {
  with("exit", it.exit), with("text", it.text), with("dependency", it.dependency);
  with("delay", it.delay), with("count", it.count), with("limit", it.limit);
}

template <class Archive>
void fields(Archive& with, given<Archive, core::motive> it) {
  with("why", it.why), with("because", it.because);
}

template <class Archive>
void fields(Archive& with, given<Archive, core::probe_schedule> it) {
  auto verdict = it.tally.verdict();
  auto failures = it.tally.failures();
  with("verdict", verdict), with("failures", failures);
  if constexpr (Archive::reads) it.tally = core::probe_tally::of(verdict, failures);
}

template <class Archive>
void fields(Archive& with, given<Archive, core::process> it) {
  with("pid", it.pid), with("spawned", it.spawned_at), with("ready", it.ready_at);
  with("probes", it.probes), with("watchdog", it.watchdog), with("gone", it.main_gone);
}

template <class Archive>
void fields(Archive& with, given<Archive, core::ending> it) {
  with("by", it.by), with("why", it.why), with("text", it.text), with("exit", it.exit);
  with("told", it.told), with("killed", it.killed), with("lived", it.lived);
  with("ready_for", it.ready_for);
}

template <class Archive>
void fields(Archive&, given<Archive, phase::stopped>) {}
template <class Archive>
void fields(Archive& with, given<Archive, phase::waiting> it) {
  with("until", it.until);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::preparing> it) {
  with("until", it.until);
}
template <class Archive>
void fields(Archive&, given<Archive, phase::spawning>) {}
template <class Archive>
void fields(Archive& with, given<Archive, phase::starting> it) {
  with("main", it.main), with("until", it.until), with("ready_due", it.ready_due);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::running> it) {
  with("main", it.main);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::observing> it) {
  with("probes", it.probes), with("reachable", it.reachable);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::pre_stopping> it) {
  with("main", it.main), with("end", it.end), with("until", it.until);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::stopping> it) {
  with("main", it.main), with("end", it.end), with("until", it.until), with("at", it.at);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::abandoning> it) {
  with("end", it.end), with("until", it.until);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::cleaning> it) {
  with("end", it.end), with("until", it.until);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::backoff> it) {
  with("until", it.until);
}
template <class Archive>
void fields(Archive& with, given<Archive, phase::failed> it) {
  with("by", it.by);
}
template <class Archive>
void fields(Archive&, given<Archive, phase::completed>) {}

template <class Archive>
void fields(Archive& with, given<Archive, core::restart_budget> it) {
  auto made = it.window.made();
  with("made", made), with("in_row", it.in_row), with("spawn_retries", it.spawn_retries);
  if constexpr (Archive::reads) it.window = core::restart_window::of(std::move(made));
}

template <class Archive>
void fields(Archive& with, given<Archive, core::remembered> it) {
  with("at", it.at), with("run", it.run), with("desired", it.desired), with("asked", it.asked);
  with("cycle", it.cycle), with("removed", it.removed), with("again", it.again);
  with("fresh", it.fresh), with("up", it.up), with("budget", it.budget);
  with("restarts", it.restarts), with("last_exit", it.last_exit);
  with("last_exit_at", it.last_exit_at), with("last", it.last), with("status", it.status_text);
}

template <class Archive>
void fields(Archive& with, given<Archive, process_identity> it) {
  with("pid", it.pid), with("started", it.started);
}

template <class Archive>
void fields(Archive& with, given<Archive, run_memory> it) {
  with("leader", it.leader), with("named", it.named), with("marker", it.marker);
  with("cgroup", it.cgroup), with("notify", it.notify), with("port", it.port);
  with("began", it.began);
}

template <class Archive>
void fields(Archive& with, given<Archive, journal_entry> it) {
  with("sequence", it.sequence), with("at", it.at), with("instance", it.instance);
  with("from", it.from), with("to", it.to), with("why", it.why), with("run", it.run);
  with("pid", it.pid), with("health", it.health), with("because", it.because);
}

// Words where a number might change its meaning between versions.

constexpr std::array phase_words{"stopped",  "waiting",   "preparing",    "spawning", "starting",
                                 "running",  "observing", "pre_stopping", "stopping", "abandoning",
                                 "cleaning", "backoff",   "failed",       "completed"};
static_assert(phase_words.size() == std::variant_size_v<core::phase_of_life>);

constexpr int reasons = static_cast<int>(reason::unreachable) + 1;

template <class Enum>
std::optional<Enum> named(std::string_view word, int count) {
  for (int i = 0; i < count; ++i)
    if (to_string(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  return std::nullopt;
}

std::optional<reason> value_named(std::string_view word, reason) {
  return named<reason>(word, reasons);
}
std::optional<state> value_named(std::string_view word, state) {
  return named<state>(word, static_cast<int>(state::completed) + 1);
}

/// The largest value of an enumeration that is written as a number.
constexpr int most(exit_status::kind) { return static_cast<int>(exit_status::kind::unknown); }
constexpr int most(exit_status::cause) { return static_cast<int>(exit_status::cause::unattended); }
constexpr int most(health) { return static_cast<int>(health::unhealthy); }
constexpr int most(desired_state) { return static_cast<int>(desired_state::down); }
constexpr int most(core::ending::cause) { return static_cast<int>(core::ending::cause::forced); }
constexpr int most(phase::stopping::stage) {
  return static_cast<int>(phase::stopping::stage::killed);
}
constexpr int most(phase::failed::cause) {
  return static_cast<int>(phase::failed::cause::dependency_timeout);
}

}  // namespace aurora::store

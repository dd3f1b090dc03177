#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aurora/plan.hpp>
#include <aurora/spec.hpp>
#include <aurora/status.hpp>

#include "core/events.hpp"

/// The engine: what happens to every instance of a stack, and why. It is told events and the time,
/// and answers with commands; it starts nothing, waits for nothing and reads no clock.
///
/// WHAT IS WANTED. Each instance has a `desired` state: an operator's `start` or `stop`, else the
/// configuration's `autostart`. It is effectively wanted when it is desired up and no restart of it
/// is under way (`cycle`: down first, then up again), it is not removed, and the stack does not
/// shut down. Who wins: shutdown > removal > operator > dependency > restart policy > probe. An
/// event changes wants first, they spread through the graph, and only then do instances move, one
/// after the other from a queue until none moves any more; nothing recurses.
///
/// THE STATES, and who may leave them (phases.hpp has the phases behind them):
///   stopped    not wanted, nothing runs. Leaves when wanted: to `starting`, or to `waiting` while
///   a
///              condition does not hold.
///   waiting    wanted; the journal names the dependency. To `starting` when all conditions hold
///              (dependency-back); to `failed` when a required dependency failed
///              (dependency-failed) or after its own start_timeout (dependency-timeout); to
///              `stopped` when not wanted.
///   starting   its pre_start hook runs, or `spawn` was asked, or the process is not ready yet. To
///              `running` when ready; to `stopping` when not wanted, after start_timeout, by the
///              watchdog's trigger; to what an unwanted end brings (below).
///   running    ready; a oneshot: executed. To `stopping` when not wanted or unhealthy (on_failure
///              restart), by the watchdog, by its own STOPPING=1; else by its end. An external
///              service goes back to `starting` when it is unreachable.
///   stopping   by pre_stop hook, then stop.command or stop.signal, then after stop.timeout SIGKILL
///   to
///              all that is left, repeated every 2 s. It has a deadline at all times, and is left
///              only when nothing of the run lives and post_stop is done: to `stopped` when not
///              wanted or asked to restart, else to what an unwanted end brings.
///   backoff    the next start is timed. To `starting` (or `waiting`) then, or by `start`,
///   `restart`
///              or a changed file at once; to `stopped` when not wanted.
///   failed     desired, but given up: the restart limit, policy never, a program that cannot be
///              executed; leaves by `start`, `restart`, a changed file or definition, all with
///              fresh counts. What failed for a dependency's sake leaves by itself: when none of
///              its dependencies is failed any more, or when its conditions hold.
///   completed  ended with success and is not to run again; `start` runs it again.
///
/// AN UNWANTED END (exit, start timeout, too many failed probes, watchdog, failed pre_start) is
/// judged by restart.policy: with always or on-failure it goes to `backoff`, or to `failed` when
/// restart.limit restarts lie within restart.window. A service with always restarts on success too;
/// a oneshot's success always completes. What the engine itself had to end is a failure whatever
/// its exit says. Descendants that outlive the main process are killed before anything else starts.
/// The end of a run that was asked for is never judged. The system's own trouble in starting a
/// process (spawn-retry) has a backoff of its own and never makes it fail.
///
/// DEPENDENCIES are between services; a condition holds when it holds for every instance of the
/// dependency: `ready` running (a oneshot: completed), `started` executed, `completed` ended with
/// success; never while that instance is not wanted, which a restart under way is too: so a restart
/// of all comes back in order. `required: false` also holds while the dependency failed, is not
/// desired or not defined. A dependant that runs is not disturbed when its dependency goes away,
/// unless it says `restart: true`: then it stops, waits, and starts again by itself.
/// STOP ORDER: an instance that is up waits to stop while anything that depends on it is alive and
/// on its way down too. So all go in reverse order, and one alone goes at once.
///
/// RESTART of one that is coming up by an earlier restart, or is going down already, joins that:
/// ten at a time are at most two cycles. SCALE keeps the instances that have a name in both stacks;
/// from and to one instance the names change ("web", "web@1"), so the old one is removed and the
/// new one waits for its end. RELOAD: an instance stops by the definition it was started with. A
/// service whose name comes back before its end is over is the same instance, started anew.
/// `autostart` turned on starts what no operator has touched; turned off it stops nothing.
///
/// CRITICAL: one that fails for good by itself takes the stack down; `stack_down` carries its code.
/// SHUTDOWN stops all in order; after stack.shutdown_timeout, or by kill_all, everything is killed.
/// From its first moment nothing is spawned, and starts and reloads are ignored.
///
/// THE JOURNAL has every change of state, and between equal states: changes of health (probe-ok,
/// probe-failed), the answer that a probe got `retries` times in a row before it was ready, failed
/// hooks and stop commands (hook-failed), the kill after stop.timeout (stop-timeout) and processes
/// left over. Each end is told once: one entry of the run has `because.exit`. An entry into
/// `backoff` has the end's reason, or `backoff` where the journal has that already; its delay is
/// until the next start, its count and limit are the restart budget's. post_stop runs only where a
/// process was started; a stop that meets a pre_start hook waits for it.
namespace aurora::core {

struct remembered;

/// Where an operation on an instance stands.
enum class progress { pending, done, failed };

/// The supervisor's decisions, and nothing else: events and the time in, commands out.
class engine {
 public:
  struct desired_entry {
    std::string instance;
    desired_state desired;
  };

  /// `seed` feeds the jitter: the same stack, seed and events give the same commands.
  engine(stack_spec stack, std::uint64_t seed);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Before `begin`: what an operator last asked for. Unknown names are ignored.
  void restore_desired(const std::vector<desired_entry>& entries);

  /// Before `begin`, after `restore_desired`: an instance goes on where an earlier engine left it,
  /// in the same boot. What was under way in the shell is asked for again by `begin` (a spawn that
  /// was not answered, hooks, the stop command and the stop signal, kills); probes start over,
  /// their verdict and counts stay. The shell has the process of its run, or reports its end.
  /// False: no such instance, and what runs is nobody's.
  bool restore(const std::string& instance, remembered what);

  /// Before `begin`: the stack was on its way down already; `code` as `shutdown_code` said.
  void restore_shutdown(std::optional<int> code);

  /// What there is to remember of an instance; and which ones differ from what they were at the
  /// last call (those that were forgotten are not among them).
  const remembered& memory(instance_id id) const;
  std::vector<instance_id> take_changed();

  /// Starts what is wanted. Call once.
  void begin(instant now, commands& out);

  /// Takes one event and appends what is to be done. Total: every event is legal at any time.
  void step(const engine_event& event, instant now, commands& out);

  /// Replaces the stack (reload, scale): performs `make_plan(current, next)`; returns its steps.
  /// Equal stacks: nothing is commanded. While the stack shuts down nothing is done at all.
  plan_steps apply(const stack_spec& next, instant now, commands& out);

  /// When `tick` is due; nothing: not before the next event.
  std::optional<instant> next_deadline() const;

  const stack_spec& stack() const;

  /// Instances in name order ("web@2" before "web@10").
  /// Those that are being removed are among them until they are forgotten.
  std::vector<instance_id> instances() const;
  std::optional<instance_id> find(const std::string& instance) const;
  /// "web@2", or all instances of "web". Empty: no such name.
  targets resolve(const std::string& name) const;

  /// False once it was forgotten; then no other question about it may be asked.
  bool exists(instance_id id) const;
  // Below, `id` is of an instance that is known, or was forgotten by the last step.

  /// What it is started and stopped with: of a run, what that was started with.
  const service_spec& spec(instance_id id) const;
  const std::string& name(instance_id id) const;
  unsigned number(instance_id id) const;  ///< 1 where there is only one
  state state_of(instance_id id) const;
  run_number run_of(instance_id id) const;
  bool alive(instance_id id) const;  ///< something of it runs, or is being started
  instance_status status(instance_id id, instant now) const;

  /// What operators asked for where it differs from the configuration's `autostart`.
  std::vector<desired_entry> desired() const;

  /// Whether a start (or restart) or a stop that was asked for has come to its end.
  progress towards_up(instance_id id) const;
  progress towards_down(instance_id id) const;

  /// The services whose conditions `id` waits for right now.
  std::vector<std::string> waits_for(instance_id id) const;

  bool shutting_down() const;
  std::optional<int> shutdown_code() const;  ///< of the critical service that brought it about
  bool down() const;                         ///< nothing is alive
  std::uint64_t stale_events() const;        ///< results of older runs, ignored

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Closes an instance's own variables in a template: `${PORT}`, `${AURORA_SERVICE}`,
/// `${AURORA_INSTANCE}`, `$$`. An unset PORT becomes empty.
struct instance_variables {
  std::string service;
  unsigned instance = 1;
  std::optional<std::uint16_t> port;
};
std::string expand(const templated& text, const instance_variables& variables);
std::vector<std::string> expand(const argv_template& argv, const instance_variables& variables);

/// "web", or "web@2" where there are several.
std::string instance_name(const service_spec& service, unsigned number);

}  // namespace aurora::core

#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/result.hpp>

#include <aurora/plan.hpp>
#include <aurora/spec.hpp>
#include <aurora/status.hpp>

#include "config/recorded_source.hpp"
#include "core/counters.hpp"
#include "core/engine.hpp"
#include "reactor/child/marked.hpp"
#include "reactor/child/unique_fd.hpp"
#include "reactor/keeper/keeper_link.hpp"
#include "reactor/logs/log_hub.hpp"
#include "reactor/probe/prober.hpp"
#include "reactor/task_scope.hpp"
#include "reactor/worker_pool.hpp"
#include "store/state_file.hpp"
#include "store/state_journal.hpp"
#include "supervisor/births.hpp"
#include "supervisor/daemon_log.hpp"
#include "supervisor/day_count.hpp"
#include "supervisor/endings.hpp"
#include "supervisor/journal.hpp"
#include "supervisor/kept_file.hpp"
#include "supervisor/left_behind.hpp"
#include "supervisor/state_dir.hpp"
#include "supervisor/usage_recorder.hpp"

namespace aurora::shell {

class instance_runtime;

/// Where the rooms meet: turns what happens into events for the engine, and the engine's commands
/// into what happens. It decides nothing. One thread; everything is called from the loop.
class driver {
 public:
  struct options {
    std::string state_dir;      ///< absolute
    std::uint64_t seed = 0;     ///< of the jitter
    daemon_log* log = nullptr;  ///< borrowed; may be null
    /// Notes in a journal what a next daemon needs to go on (left_behind.hpp).
    bool remembers = false;
    /// Services live in cgroups where that can be: this process moves into one, too, and their
    /// names are those of the instances, so there is one such driver a process.
    bool cgroups = false;
    /// Holds descriptors and tells ends for this daemon; borrowed, outlives the driver; may be
    /// null.
    reactor::keeper_link* keeper = nullptr;
    std::vector<reactor::held_descriptor> kept;  ///< what the keeper handed over
    std::function<void()> on_going_down;         ///< once, when a shutdown has begun, by whomever
    std::function<void(std::optional<int> code)>
        on_down;  ///< once, when the stack is down after a shutdown
  };

  driver(boost::asio::any_io_executor executor, stack_spec stack, options how);
  ~driver();
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  /// Takes the operator's wishes from the state file; call it before anything can be asked for, or
  /// the next save writes over what was not read. A damaged file is moved aside, with a warning.
  /// Error: one that may not be written over, in words. The state directory exists.
  boost::system::result<void, std::string> load();

  /// Takes over what an earlier daemon of this boot left: its processes as they are, and where each
  /// instance stood. What runs and is nobody's is ended. After `load`, before `begin`. Error:
  /// words; the journal cannot be written, and nothing would survive this daemon.
  boost::system::result<void, std::string> take_over(left_behind left);

  /// From here on events may be posted. `stop` is a duty.
  void open();

  /// Starts what is wanted. Call once.
  void begin();

  /// Hands an event to the engine and performs what it asks for. May be called while an event is
  /// worked on: events are queued and drained to empty, the engine is never re-entered.
  void post(core::engine_event event);

  /// The number of instances that was asked for differs from the configuration's (0: from now on
  /// the configuration's holds for all services again).
  void remember_scale(const std::string& service, unsigned instances);

  /// Keeps a copy of the configuration that is in force, on a worker.
  void save_configuration(config::source_record record);
  /// Until that copy was written, or tried in vain; false where a disk that hangs takes more than a
  /// second, or the caller was cancelled.
  boost::asio::awaitable<bool> configuration_kept();

  /// Replaces the stack; `make_plan`'s steps.
  plan_steps apply(const stack_spec& next);

  /// After the stack is down: ends every task of the driver's own. Join before destroying.
  boost::asio::awaitable<void> stop();

  /// SIGUSR1: log files are opened again by name.
  void reopen_logs() { hub_.reopen(); }

  /// Until `towards` is no longer pending for any of `who`, or `limit` has passed (then false).
  enum class goal { up, down };
  boost::asio::awaitable<bool> settled(core::targets who, goal towards,
                                       std::optional<duration> limit);
  /// Until the wishes of operators are where they outlive the machine; a disk that hangs is waited
  /// for a second at most. That they are not there (yet) is a warning.
  boost::asio::awaitable<void> wishes_kept();

  core::engine& engine() { return engine_; }
  journal& entries() { return journal_; }
  core::counters& counters() { return counters_; }
  usage_recorder& usage() { return usage_; }
  day_count& restarts_today() { return restarts_today_; }
  /// A probe of an instance was answered: counted, and told to who listens.
  void note_probe(const std::string& instance, const probe_answer& answer);
  const state_paths& paths() const { return paths_; }
  reactor::worker_pool& workers() { return workers_; }
  reactor::prober& prober() { return prober_; }
  reactor::log_hub& hub() { return hub_; }
  const boost::asio::any_io_executor& executor() const { return executor_; }
  const std::string& run_id() const { return run_id_; }
  reactor::keeper_link* keeper() { return options_.keeper; }
  endings& ends() { return endings_; }
  /// Null: this daemon remembers nothing.
  births* launches() { return births_.get(); }
  bool remembers() const { return options_.remembers; }
  bool uses_cgroups() const { return options_.cgroups; }
  /// The descriptor that an earlier daemon had kept under that key; none: there is none (any more).
  reactor::unique_fd take_kept(keeper::kind what, const std::string& name, std::int64_t number);
  /// A run of which the journal does not tell all.
  struct found_run {
    store::run_memory process;
    bool was_up = false;  ///< nothing tells whether it was ready: it had the time
  };
  /// The process of a run that an earlier daemon asked for and did not live to note, or whose note
  /// is lost; once.
  std::optional<found_run> take_found(core::instance_id id, core::run_number run);
  /// The shell's side of an instance; made when first needed.
  instance_runtime& runtime(core::instance_id id);
  instance_runtime* find_runtime(core::instance_id id);
  /// Whether starts that were commanded are still being made.
  bool starting() const { return spawning_; }
  /// Whether that start, once commanded, is still to be made.
  bool still_wanted(core::instance_id id, core::run_number run) const;

  /// Standing faults, by what they are about: shown in `status` until they are over.
  void warn(const std::string& about, const std::string& text);
  std::vector<std::string> warnings() const;
  void log(log_level level, const std::string& text);

 private:
  struct waiter;

  void drain();
  void perform(core::commands& asked);
  void perform(const core::engine_command& asked);
  void record(const core::command::record& asked);
  void remember();
  void adopt_processes(const left_behind& left);
  void sort_out(const left_behind& left);
  void find_ended(const left_behind::instance& left);
  core::remembered wished(const left_behind& left, const left_behind::instance& each) const;
  void find_named(const left_behind::instance& left, const reactor::marked_process& one);
  bool find_living(const left_behind::instance& left, const reactor::marked_process& one);
  void end_stray(const reactor::marked_process& stray, bool at_once);
  boost::asio::awaitable<void> kill_later(reactor::process_info stray);
  void open_logs_ahead();
  void spawn_pending();
  void forget_runtime(core::instance_id id);
  boost::asio::awaitable<void> close_runtime(std::shared_ptr<instance_runtime> gone,
                                             std::string name);
  boost::asio::awaitable<void> close_workers();
  void save_desired();
  boost::asio::awaitable<void> note_again();
  core::progress progress_of(core::instance_id id, goal towards) const;
  void rearm();
  void tell_waiters();
  void note_lag(duration late);
  void flush_log_soon();
  std::vector<usage_recorder::subject> running_now();
  boost::asio::awaitable<void> keep_time();

  boost::asio::any_io_executor executor_;
  options options_;
  state_paths paths_;
  std::string run_id_;
  reactor::worker_pool workers_;
  core::engine engine_;
  journal journal_;
  core::counters counters_;
  day_count restarts_today_;
  endings endings_;
  std::unique_ptr<births> births_;
  std::unique_ptr<store::state_journal> memory_;
  bool noted_shutdown_ = false;
  std::set<std::string> scaled_;
  std::map<std::pair<std::string, core::run_number>, found_run> found_;
  reactor::log_hub hub_;
  reactor::prober prober_;
  usage_recorder usage_;

  std::deque<core::engine_event> events_;
  core::commands asked_;
  std::deque<core::command::spawn> spawns_;
  std::size_t opened_ahead_ = 0;  ///< of them have their logs
  bool draining_ = false;
  bool spawning_ = false;
  bool noting_again_ = false;
  bool stopping_ = false;
  bool flushing_ = false;
  std::optional<instant> armed_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer renote_;
  std::unordered_map<std::uint32_t, std::unique_ptr<instance_runtime>> runtimes_;
  std::vector<core::instance_id> changed_;
  std::vector<waiter*> waiters_;
  std::map<std::string, std::string> warnings_;
  kept_file state_, configuration_;
  reactor::task_scope tasks_;
};

}  // namespace aurora::shell

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "property/random.hpp"
#include "property/scenario.hpp"

namespace aurora::property {

/// A shell that is simulated: it starts nothing, but answers the engine's commands as processes,
/// hooks and probes of many tempers would, late or never where a real shell may, and checks after
/// every step that the engine kept its promises. What it finds is thrown as std::logic_error.
class world {
 public:
  world(const stack_spec& stack, std::uint64_t seed);

  void begin();
  void perform(const action& a);

  /// The last act: everything behaves from now on. Whoever is wanted must then be up, failed for
  /// good, or wait for such a one; and after a stop of all nothing may be left.
  void epilogue();

  std::uint64_t trace() const { return trace_.value(); }
  std::size_t steps() const { return steps_; }

 private:
  using run_key = std::pair<core::instance_id, core::run_number>;
  /// A started program with its temper.
  struct simulated {
    enum class life { asked, alive, main_gone, gone };
    life now = life::asked;
    std::string name;
    bool stubborn = false;  ///< ignores signals
    bool probing = false;
    unsigned left_over = 0;
    bool unanswered = false;  ///< it was spawned, but the engine that asked for it is gone
  };
  struct answer {
    instant at;
    std::uint64_t order;
    core::engine_event event;
    bool operator<(const answer& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  // world.cpp: time and events
  void pass(duration span);
  void step(const core::engine_event& e);
  void deliver(const answer& a);
  void post(duration in, core::engine_event e);
  bool still_true(const core::engine_event& e) const;
  dice temper(core::instance_id id, core::run_number run, std::string_view of) const;
  std::optional<core::instance_id> pick(unsigned who) const;
  void crash(core::instance_id id, unsigned left_over);
  void stale_event(unsigned who, unsigned kind);
  void reload(const stack_spec& next);

  // dying.cpp: another engine goes on where this one ends
  void take_notes();
  void check_notes() const;
  void die();
  void hand_over(const core::engine& from);
  void keep_facts(const core::engine& from);

  // obeying.cpp: commands
  void obey(const core::commands& all);
  void obey(const core::command::spawn& c);
  void obey(const core::command::send_signal& c);
  void obey(const core::command::kill_tree& c);
  void obey(const core::command::probe& c);
  void obey(const core::command::cancel_probe& c);
  void obey(const core::command::run_hook& c);
  void obey(const core::command::run_stop_command& c);
  void obey(const core::command::end_run& c);
  void obey(const core::command::record& c);
  void obey(const core::command::save_desired& c);
  void obey(const core::command::forget& c);
  void obey(const core::command::stack_down& c);
  void doom(core::instance_id id, core::run_number run, duration in, exit_status how,
            unsigned left_over);
  simulated& live(core::instance_id id, core::run_number run, const char* command);

  // promises.cpp: checks
  void expect(bool holds, const std::string& what) const;
  void check_spawn(const core::command::spawn& c) const;
  void check_entry(const journal_entry& e);
  void check_budget(const journal_entry& e);
  void check_stop_order(const journal_entry& e) const;
  void check_after_step(const core::engine_event& e);
  void check_settled() const;
  void operator_touched(core::instance_id id);
  state told_state(core::instance_id id) const;
  bool is_up_or_done(const std::string& service, dependency_condition condition) const;
  bool is_excused(const dependency& need) const;
  const service_spec* service_named(const std::string& name) const;

  std::unique_ptr<core::engine> subject_;
  std::uint64_t seed_;
  instant now_ = instant(std::chrono::seconds(100));
  std::priority_queue<answer> answers_;
  std::uint64_t order_ = 0;
  std::map<run_key, simulated> runs_;
  std::map<std::string, state> states_;                   // by the journal
  std::map<run_key, unsigned> terminal_;                  // entries with an exit
  std::map<std::string, std::vector<instant>> restarts_;  // since an operator touched it
  std::set<core::instance_id> forgotten_;
  std::set<run_key> asked_again_;             // spawns that an earlier engine had asked for
  std::map<std::string, std::string> notes_;  // what a journal of memories would hold
  hasher trace_;
  std::size_t steps_ = 0;
  unsigned downs_ = 0;
  bool healed_ = false;
  bool killing_ = false;
  duration skew_{};
  std::optional<run_key> ended_;  // the run whose main_exited is being told
};

}  // namespace aurora::property

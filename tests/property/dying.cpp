#include "core/instance.hpp"
#include "property/world.hpp"
#include "store/memory_text.hpp"

// The shell dies with its engine, the processes live on, and another engine takes them over from
// what was written down: nothing that matters may be lost between the two.
namespace aurora::property {

using namespace core;

void world::take_notes() {
  for (const instance_id id : subject_->take_changed())
    notes_[subject_->name(id)] = store::to_text(subject_->memory(id), nullptr);
}

/// Whatever changed was told: a journal that is written by `take_changed` is complete.
void world::check_notes() const {
  for (const instance_id id : subject_->instances()) {
    const auto text = store::to_text(subject_->memory(id), nullptr);
    const auto noted = notes_.find(subject_->name(id));
    expect(noted != notes_.end() && noted->second == text,
           subject_->name(id) + " changed and nobody was told: " + text +
               (noted == notes_.end() ? "" : " was " + noted->second));
  }
}

void world::die() {
  if (downs_ > 0) return;  // it ends anyway
  check_notes();
  const auto from = std::move(subject_);
  subject_ = std::make_unique<engine>(from->stack(), seed_ + order_);
  hand_over(*from);
  keep_facts(*from);
  commands out;
  subject_->begin(now_, out);
  take_notes();
  obey(out);
}

void world::hand_over(const engine& from) {
  subject_->restore_desired(from.desired());
  for (const instance_id id : from.instances()) {
    const auto read = store::memory_from(notes_.at(from.name(id)));
    expect(read.has_value(), "what was written cannot be read");
    if (!subject_->restore(from.name(id), read->engine)) {
      notes_.erase(from.name(id));
      states_.erase(from.name(id));
      continue;
    }
    // What ran by an older definition is judged by the newest one from now on.
    const bool redefined =
        !(from.spec(id).health == subject_->spec(*subject_->find(from.name(id))).health);
    const auto now_known = subject_->status(*subject_->find(from.name(id)), now_);
    const auto before = from.status(id, now_);
    expect(now_known.state == before.state && now_known.pid == before.pid &&
               now_known.uptime == before.uptime && now_known.restarts == before.restarts &&
               now_known.desired == before.desired &&
               (now_known.health == before.health || redefined) &&
               now_known.next_start_in == before.next_start_in && now_known.run == before.run &&
               now_known.last_exit == before.last_exit && now_known.why == before.why,
           before.name + " is not as it was");
  }
  if (from.shutting_down()) subject_->restore_shutdown(from.shutdown_code());
}

/// The processes are what they were; hooks, commands and probes went with the shell. Of the spawns
/// that nobody heard of, some had come to a process.
void world::keep_facts(const engine& from) {
  const auto id_of = [&](instance_id old) -> std::optional<instance_id> {
    return from.exists(old) ? subject_->find(from.name(old)) : std::nullopt;
  };
  std::set<run_key> asked_again;
  for (const auto& [old, run] : asked_again_)
    if (const auto id = id_of(old)) asked_again.insert({*id, run});
  asked_again_ = std::move(asked_again);
  std::map<run_key, simulated> runs;
  std::map<run_key, unsigned> terminal;
  for (auto& [key, p] : runs_) {
    const auto id = id_of(key.first);
    if (!id || p.now == simulated::life::gone) continue;
    p.probing = false;
    if (p.now == simulated::life::asked) {
      p.unanswered = temper(*id, key.second, "found").one_in(2);
      if (!p.unanswered) asked_again_.insert({*id, key.second});
      if (!p.unanswered) continue;
    }
    runs[{*id, key.second}] = p;
    terminal[{*id, key.second}] = terminal_[key];
  }
  runs_ = std::move(runs);
  terminal_ = std::move(terminal);
  forgotten_.clear();
  std::priority_queue<answer> answers;
  for (; !answers_.empty(); answers_.pop()) {
    answer next = answers_.top();
    const bool stays = std::visit(
        [&](auto& e) {
          using kind = std::decay_t<decltype(e)>;
          constexpr bool fact = std::is_same_v<kind, event::main_exited> ||
                                std::is_same_v<kind, event::tree_gone> ||
                                std::is_same_v<kind, event::signalled_ready>;
          if constexpr (fact) {
            const auto id = id_of(e.id);
            if (id) e.id = *id;
            return id.has_value() && runs_.count({e.id, e.run}) != 0;
          } else {
            return false;
          }
        },
        next.event);
    if (stays) answers.push(std::move(next));
  }
  answers_ = std::move(answers);
}

}  // namespace aurora::property

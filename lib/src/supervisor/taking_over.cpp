#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include <unistd.h>

#include "core/instance.hpp"
#include "reactor/child/tree.hpp"
#include "store/config_copy.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/numbers.hpp"
#include "supervisor/run_marker.hpp"

// The driver's part of surviving: what it notes for the next daemon, and how it takes over what an
// earlier one left.
namespace aurora::shell {
namespace {

/// A service that is nobody's any more has this long to end by itself.
constexpr auto stray_patience = std::chrono::seconds(10);

constexpr auto note_again_after = std::chrono::seconds(2);

/// Of that process; 0: it is gone. Whoever has its number and was started later is another.
std::uint64_t start_of(const reactor::birth_note& birth) {
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto now = birth.pid == 0 ? std::nullopt : reactor::look_up_process(birth.pid);
  return now && now->alive && now->started < birth.born_before * ticks ? now->started : 0;
}

/// On the wall clock, to a second or so (the kernel counts its ticks since boot).
wall_time began(std::uint64_t started) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const std::chrono::seconds up(now.tv_sec);
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return wall_now() - (up - std::chrono::seconds(started / ticks));
}

/// What a daemon would have noted of its launch, as the process itself was told it.
store::run_memory with_environment(store::run_memory found) {
  const auto environment = reactor::read_environment(found.leader.pid);
  auto address = reactor::variable_in(environment, "NOTIFY_SOCKET");
  if (address.starts_with("@aurora/")) found.notify = std::move(address);
  found.port = number_of<std::uint16_t>(reactor::variable_in(environment, "PORT"));
  found.began = began(found.leader.started);
  return found;
}

}  // namespace

boost::system::result<void, std::string> driver::take_over(left_behind left) {
  if (!options_.remembers) return {};
  auto events = store::event_file::open(paths_.events);
  if (!events) return events.error();
  journal_.go_on(std::move(*events));
  // Logs are opened by name: another descriptor would only keep a pipe that nobody writes to.
  std::erase_if(options_.kept, [](const auto& each) { return each.kind != keeper::kind::socket; });
  if (!left.run_id.empty()) run_id_ = left.run_id;
  warn("journal of the daemon before", left.fault);
  const auto boot = boot_id();
  if (!boot) return boot.error();
  // What runs is not left alone for want of room: the older journal stays until there is some.
  // Not for one that was started anew: an unfinished shutdown is over then, and that must be noted.
  const auto begin = !left.comes_back ? &store::state_journal::begin : &store::state_journal::go_on;
  auto begun = begin(paths_.journal, {*boot, run_id_}, left.records);
  if (!begun) return begun.error();
  memory_ = std::move(*begun);
  warn("journal", memory_->fault());
  births_ = std::make_unique<births>(paths_.births);
  for (const auto& [service, count] : left.scaled) scaled_.insert(service);
  if (left.run_id.empty()) return {};
  if (left.shutting_down) engine_.restore_shutdown(left.shutdown_code);
  for (const auto& each : left.instances) {
    const auto known = engine_.find(each.name);
    if (!known || !engine_.restore(each.name, wished(left, each))) {
      memory_->forget(each.name);
    } else if (each.memory.last_exit_at) {
      runtime(*known).remember_exit(*each.memory.last_exit_at);
    }
  }
  adopt_processes(left);
  sort_out(left);
  save_desired();
  return {};
}

void driver::adopt_processes(const left_behind& left) {
  std::size_t count = 0;
  for (const auto& each : left.instances) {
    const auto id = engine_.find(each.name);
    const auto* main = id ? core::process_of(each.memory.engine.at) : nullptr;
    if (!main || !main->pid || !each.memory.run) continue;
    runtime(*id).adopt(*each.memory.run, each.memory.engine.run, main->main_gone);
    ++count;
  }
  if (count > 0)
    log(log_level::info,
        fmt::format("taken over from the daemon before: processes of {} services", count));
}

// The journal says what was meant; the processes say what is. Whatever carries the marker of this
// stack is known, or found now, or ended: there is never a second copy.
void driver::sort_out(const left_behind& left) {
  std::map<std::string, const left_behind::instance*> known;
  for (const auto& each : left.instances)
    if (engine_.find(each.name)) known[each.name] = &each;
  for (const auto& [instance, each] : known) find_ended(*each);
  std::vector<std::pair<const reactor::marked_process*, run_marker>> descendants;
  for (const auto& one : left.marked) {
    const auto marker = parse_marker(one.marker, run_id_);
    if (!marker) continue;
    const auto it = known.find(marker->instance);
    const auto* memory = it == known.end() ? nullptr : &it->second->memory;
    if (marker->of_command) {
      end_stray(one, true);
    } else if (!memory) {
      end_stray(one, false);
    } else if (memory->engine.run != marker->run) {
      end_stray(one, true);
    } else if (awaits_process(memory->engine)) {
      if (!find_living(*it->second, one)) descendants.emplace_back(&one, *marker);
    } else if (!core::process_of(memory->engine.at)) {
      end_stray(one, true);
    }
  }
  // Of a run whose first process is known they are a part, and of no other are they the service.
  for (const auto& [one, marker] : descendants)
    if (!found_.contains({marker.instance, marker.run})) end_stray(*one, true);
}

/// One that was launched, not written down, and may be gone by now: whoever lives is found by its
/// marker, and then takes this one's place.
void driver::find_ended(const left_behind::instance& left) {
  const auto& engine = left.memory.engine;
  if (!awaits_process(engine)) return;
  store::run_memory found;
  found.marker = marker_of(left.name, engine.run, run_id_);
  const auto birth = births_->earlier(found.marker);
  found.leader = {birth.pid, start_of(birth)};
  if (found.leader.started != 0) found.began = began(found.leader.started);
  if (found.leader.pid != 0) found_[{left.name, engine.run}] = {std::move(found), false};
}

/// What an operator wished last is on the disk (`load`), where the journal is not the newest. One
/// that runs and that nobody said anything of is wanted.
core::remembered driver::wished(const left_behind& left, const left_behind::instance& each) const {
  auto memory = each.memory.engine;
  if (!left.is_old && !each.is_found) return memory;
  const auto& saved = engine_.memory(*engine_.find(each.name));
  memory.asked = saved.asked;
  memory.desired = each.is_found && !saved.asked ? desired_state::up : saved.desired;
  return memory;
}

/// A main process that MAINPID named leads a session too, and lives on when the one that was
/// launched has ended.
void driver::find_named(const left_behind::instance& left, const reactor::marked_process& one) {
  const auto& ready = engine_.spec(*engine_.find(left.name)).ready;
  auto& found = found_[{left.name, left.memory.engine.run}];
  if (!left.is_found || found.process.leader.started != 0 ||
      !std::holds_alternative<ready_on_notify>(ready) ||
      reactor::look_up_marker(found.process.leader.pid) == one.marker)
    return;
  auto& named = found.process.named;
  if (named && named->started <= one.info.started) return;
  named = store::process_identity{one.info.pid, one.info.started};
  found.was_up = true;
}

/// Whether that process is the one that was launched: it leads a session, and where the launch was
/// noted it is this very one, else the eldest (a descendant may lead one too).
bool driver::find_living(const left_behind::instance& left, const reactor::marked_process& one) {
  if (one.info.session != one.info.pid) return false;
  const auto launched = births_->earlier(one.marker).pid;
  if (launched != 0 && launched != one.info.pid) {
    find_named(left, one);
    return false;
  }
  auto& known = found_[{left.name, left.memory.engine.run}];
  const auto& leader = known.process.leader;
  if (leader.started != 0 && leader.started <= one.info.started && leader.pid != one.info.pid)
    return false;
  store::run_memory found;
  found.leader = {one.info.pid, one.info.started};
  found.marker = one.marker;
  known = {with_environment(std::move(found)), left.is_found};
  return true;
}

void driver::end_stray(const reactor::marked_process& stray, bool at_once) {
  log(log_level::warning,
      fmt::format("pid {} ({}) is left of an earlier daemon and nobody's now: "
                  "{}",
                  stray.info.pid, stray.marker, at_once ? "killed" : "asked to end"));
  reactor::send_signal(stray.info, at_once ? SIGKILL : SIGTERM);
  if (!at_once) tasks_.spawn(kill_later(stray.info));
}

boost::asio::awaitable<void> driver::kill_later(reactor::process_info stray) {
  boost::asio::steady_timer patience(executor_, stray_patience);
  const auto [interrupted] = co_await patience.async_wait(reactor::tok);
  if (!interrupted) reactor::send_signal(stray, SIGKILL);
}

/// Intent before act: to be called before the engine's commands are performed.
void driver::remember() {
  const auto changed = engine_.take_changed();
  if (!memory_) return;
  for (const auto id : changed) {
    const auto* runtime = find_runtime(id);
    memory_->put(engine_.name(id), runtime ? store::to_text(engine_.memory(id), runtime->memory(),
                                                            runtime->last_exit_at())
                                           : store::to_text(engine_.memory(id), nullptr));
  }
  if (engine_.shutting_down() && !std::exchange(noted_shutdown_, true)) {
    const auto code = engine_.shutdown_code();
    memory_->put(shutdown_key, code ? std::to_string(*code) : std::string());
    if (options_.on_going_down) options_.on_going_down();
  }
  const bool noted = memory_->flush();
  warn("journal", memory_->fault());
  if (!noted && !stopping_ && !std::exchange(noting_again_, true)) tasks_.spawn(note_again());
}

/// What could not be noted is, also when nothing changes any more.
boost::asio::awaitable<void> driver::note_again() {
  bool noted = false;
  while (!noted && !stopping_) {
    renote_.expires_after(note_again_after);
    const auto [interrupted] = co_await renote_.async_wait(reactor::tok);
    if (interrupted || !memory_) break;
    noted = memory_->flush();
    warn("journal", memory_->fault());
  }
  noting_again_ = false;
}

// An older copy would bring an older stack back: none at all is better, then the files are read.
void driver::save_configuration(config::source_record record) {
  if (!options_.remembers) return;
  configuration_.save([record = std::move(record), path = paths_.config_copy] {
    auto saved = store::save_config_copy(path, record);
    if (!saved) store::remove_config_copy(path);
    return saved;
  });
}

void driver::remember_scale(const std::string& service, unsigned instances) {
  if (!memory_) return;
  if (instances == 0) {
    for (const auto& each : scaled_) memory_->forget(std::string(scaled_key) + each);
    scaled_.clear();
    return;
  }
  scaled_.insert(service);
  memory_->put(std::string(scaled_key) + service, std::to_string(instances));
}

reactor::unique_fd driver::take_kept(keeper::kind what, const std::string& name,
                                     std::int64_t number) {
  const auto it = std::find_if(options_.kept.begin(), options_.kept.end(), [&](const auto& each) {
    return each.kind == what && each.name == name && each.number == number;
  });
  return it == options_.kept.end() ? reactor::unique_fd() : std::move(it->fd);
}

std::optional<driver::found_run> driver::take_found(core::instance_id id, core::run_number run) {
  const auto it = found_.find({engine_.name(id), run});
  if (it == found_.end()) return std::nullopt;
  auto found = std::move(it->second);
  found_.erase(it);
  return found;
}

}  // namespace aurora::shell

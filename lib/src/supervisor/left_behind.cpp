#include "supervisor/left_behind.hpp"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <aurora/spec.hpp>

#include <boost/system/system_error.hpp>

#include "reactor/child/proc_files.hpp"
#include "store/state_journal.hpp"
#include "supervisor/births.hpp"
#include "supervisor/numbers.hpp"
#include "supervisor/run_marker.hpp"

namespace aurora::shell {
namespace {

void take(const store::record& entry, left_behind& into) {
  const std::string_view key = entry.key;
  if (key == shutdown_key) {
    into.shutting_down = true;
    into.shutdown_code = number_of<int>(entry.value);
  } else if (key.starts_with(scaled_key)) {
    if (const auto count = number_of<unsigned>(entry.value))
      into.scaled[std::string(key.substr(scaled_key.size()))] = *count;
  } else if (auto memory = store::memory_from(entry.value)) {
    into.instances.push_back({entry.key, std::move(*memory)});
  } else {
    into.fault += fmt::format("{}what was noted of {} cannot be read: {}",
                              into.fault.empty() ? "" : "; ", entry.key, memory.error());
  }
}

/// "web@3": there were three of web, at least. Beyond any stack: it is made up.
void count_instances(const std::string& instance, left_behind& into) {
  constexpr unsigned most = 10'000;
  const auto at = instance.rfind('@');
  if (at == instance.npos) {
    into.single.insert(instance);
    return;
  }
  const auto number = number_of<unsigned>(std::string_view(instance).substr(at + 1)).value_or(0);
  auto& count = into.at_least[instance.substr(0, at)];
  if (number <= most) count = std::max(count, number);
}

bool is(const store::process_identity& which) {
  const auto now = which.pid == 0 ? std::nullopt : reactor::look_up_process(which.pid);
  return now && now->alive && now->started == which.started;
}

/// As if the daemon had died before the launch of that run returned.
core::remembered launched(core::run_number run, const core::remembered& before) {
  core::remembered now;
  now.at = core::phase::spawning{};
  now.run = run;
  now.budget = before.budget;
  now.restarts = before.restarts;
  now.last_exit = before.last_exit;
  now.last_exit_at = before.last_exit_at;
  return now;
}

/// In a sound journal no living process has a later run than it knows: the intent is noted first.
void take_found(const run_marker& found, left_behind& into) {
  auto& all = into.instances;
  auto it = std::find_if(all.begin(), all.end(),
                         [&](const auto& each) { return each.name == found.instance; });
  const bool is_new = it == all.end();
  if (is_new) it = all.insert(it, {found.instance, {}, true});
  if (!into.fault.empty() && !it->memory.engine.removed) count_instances(found.instance, into);
  if (!is_new && it->memory.engine.run >= found.run) return;
  it->is_found = true;
  it->memory.run.reset();
  it->memory.engine = launched(found.run, it->memory.engine);
}

bool is_run_id(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef.") == text.npos;
}

/// Anybody can call a process of his own one of ours: not who it belongs to, nor whom we launched.
bool is_trusted(const reactor::marked_process& one, const births& known) {
  if (known.earlier(one.marker).pid == one.info.pid) return true;
  struct stat about {};
  return ::stat(fmt::format("/proc/{}", one.info.pid).c_str(), &about) == 0 &&
         about.st_uid == ::geteuid();
}

/// That of the stack that was started last: of an earlier one, which ended in order, none is a
/// service.
std::string newest_run_id(const std::vector<reactor::marked_process>& marked,
                          const std::string& births_file) {
  const births known(births_file);
  const reactor::marked_process* newest = nullptr;
  for (const auto& each : marked)
    if (is_run_id(run_id_in(each.marker)) && is_trusted(each, known) &&
        (!newest || newest->info.started < each.info.started))
      newest = &each;
  return newest ? std::string(run_id_in(newest->marker)) : std::string();
}

/// "web" of "web.fifo". That of "web.err.fifo", beside the other, may be two: nobody.
std::string instance_of(const reactor::pipe_writer& writer, const std::string& directory) {
  constexpr std::string_view pipe = ".fifo";
  std::string_view name = writer.pipe;
  if (!name.ends_with(pipe)) return {};
  name.remove_suffix(pipe.size());
  if (!name.ends_with(stderr_log_suffix)) return std::string(name);
  const auto whose = name.substr(0, name.size() - stderr_log_suffix.size());
  const bool is_apart = ::access(fmt::format("{}/{}{}", directory, whose, pipe).c_str(), F_OK) == 0;
  return is_apart ? std::string() : std::string(name);
}

bool lives(const store::run_memory& run) { return is(run.leader) || (run.named && is(*run.named)); }

/// Whether there may be a process that the journal does not tell of. Where one that it tells of has
/// ended, another may have followed while a full disk took no note.
bool is_incomplete(const left_behind& journal) {
  const auto is_open = [](const left_behind::instance& each) {
    const auto& run = each.memory.run;
    return awaits_process(each.memory.engine) || (run && !lives(*run));
  };
  const auto& all = journal.instances;
  return !journal.fault.empty() || std::any_of(all.begin(), all.end(), is_open);
}

/// For which run the launch of that process was noted, from `run` on; else the first that none was
/// noted for.
core::run_number noted_run(const births& known, const std::string& instance, core::run_number run,
                           const std::string& run_id, pid_t pid) {
  for (;; ++run) {
    const auto launched = known.earlier(marker_of(instance, run, run_id)).pid;
    if (launched == 0 || launched == pid) return run;
  }
}

/// Which run of its instance that process must be; nothing: it is not the service.
std::optional<core::run_number> unmarked_run(const std::string& instance, pid_t pid,
                                             const left_behind& of, const births& known) {
  core::run_number run = 1;
  bool is_noted = false;
  for (const auto& each : of.instances) {
    if (each.name != instance) continue;
    if (awaits_process(each.memory.engine)) return each.memory.engine.run;
    if (each.memory.run && lives(*each.memory.run)) return std::nullopt;
    run = each.memory.engine.run + 1;
    is_noted = !of.is_old;
  }
  for (const auto& each : of.marked) {
    const auto marker = parse_marker(each.marker, of.run_id);
    if (marker && !marker->of_command && marker->instance == instance)
      run = std::max(run, marker->run);
  }
  run = noted_run(known, instance, run, of.run_id, pid);
  // What is left of one that ended is not the service: a later launch would have been noted.
  if (is_noted && known.earlier(marker_of(instance, run, of.run_id)).pid != pid)
    return std::nullopt;
  return run;
}

/// Some programs write over their environment (nginx, setproctitle), and with it over the marker.
/// What was launched leads a session and writes to the pipe of its instance; it is the eldest.
void find_unmarked(const state_paths& paths, left_behind& into) {
  auto writers = reactor::find_writers(paths.run);
  std::sort(writers.begin(), writers.end(),
            [](const auto& a, const auto& b) { return a.info.started < b.info.started; });
  const births known(paths.births);
  std::set<std::string> seen;
  for (const auto& writer : writers) {
    const auto instance = instance_of(writer, paths.run);
    if (instance.empty() || !reactor::look_up_marker(writer.info.pid).empty()) continue;
    if (into.run_id.empty()) into.run_id = new_run_id(paths.root);
    const auto run = unmarked_run(instance, writer.info.pid, into, known);
    if (run && seen.insert(instance).second)
      into.marked.push_back({writer.info, marker_of(instance, *run, into.run_id)});
  }
}

void find_processes(const state_paths& paths, left_behind& into) {
  const auto part = into.run_id.empty() ? run_id_prefix(paths.root) : into.run_id;
  if (part.empty()) return;
  into.marked = reactor::find_marked(":" + part);
  const bool is_lost = into.run_id.empty();
  if (is_lost) into.run_id = newest_run_id(into.marked, paths.births);
  if (is_lost || is_incomplete(into)) find_unmarked(paths, into);
  if (into.run_id.empty()) return;
  if (is_lost && into.fault.empty())
    into.fault = fmt::format("the journal '{}' is missing", paths.journal);
  bool any = false;
  for (const auto& each : into.marked) {
    const auto found = parse_marker(each.marker, into.run_id);
    if (!found || found->of_command) continue;
    take_found(*found, into);
    any = true;
  }
  if (any && !into.fault.empty())
    into.fault += "; its processes are found by AURORA_RUN and by their pipes";
}

/// A directory was copied while its stack ran: those services are the other one's. An id of an
/// earlier version names no directory, or not its birth.
bool is_copy(const std::string& run_id, const std::string& state_dir) {
  auto ours = run_id_prefix(state_dir);
  const auto parts = std::count(run_id.begin(), run_id.end(), '.');
  if (parts == 2) ours.resize(ours.find('.', ours.find('.') + 1) + 1);
  return parts > 0 && !ours.empty() && !run_id.starts_with(ours) &&
         !reactor::find_marked(":" + run_id).empty();
}

/// False: there is nothing to take over, and nothing can run.
bool take(store::journal_contents contents, const std::string& boot, const state_paths& paths,
          left_behind& into) {
  into.fault = std::move(contents.fault);
  const auto& header = contents.header;
  if (!header.boot_id.empty() && header.boot_id != boot) return !into.fault.empty();
  if (is_copy(header.run_id, paths.root)) {
    into.fault =
        fmt::format("'{}' is a copy from another state directory: what it tells of is left alone",
                    paths.journal);
    return true;
  }
  into.is_old = contents.is_previous;
  into.run_id = header.run_id;
  into.records = std::move(contents.records);
  // A shutdown that an older generation knows of is over.
  if (into.is_old)
    std::erase_if(into.records, [](const auto& each) { return each.key == shutdown_key; });
  for (const auto& entry : into.records) take(entry, into);
  return true;
}

}  // namespace

bool awaits_process(const core::remembered& memory) {
  if (std::holds_alternative<core::phase::spawning>(memory.at)) return true;
  const auto* stopping = std::get_if<core::phase::stopping>(&memory.at);
  return stopping && !stopping->main.pid && !stopping->main.main_gone;
}

boost::system::result<left_behind, std::string> look_behind(const state_paths& paths) {
  if (auto fault = reactor::proc_fault(); !fault.empty())
    return {boost::system::in_place_error, std::move(fault)};
  const auto boot = boot_id();
  if (!boot) return {boost::system::in_place_error, boot.error()};
  auto read = store::read_journal(paths.journal);
  if (!read) return {boost::system::in_place_error, read.error().words};
  left_behind found;
  try {
    if (!*read || take(std::move(**read), *boot, paths, found)) find_processes(paths, found);
  } catch (const boost::system::system_error& fault) {
    return {boost::system::in_place_error, fault.what()};
  }
  return found;
}

}  // namespace aurora::shell

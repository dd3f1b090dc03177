#include "supervisor/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "reactor/logs/log_reader.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/driver.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/ports.hpp"
#include "supervisor/words.hpp"

namespace aurora::shell {
namespace {

constexpr std::size_t entries_looked_at = 200;
constexpr std::size_t most_causes = 12;
constexpr int deepest_chain = 8;
constexpr std::size_t lines_told = 10;

bool begins_a_story(const journal_entry& entry) {
  switch (entry.why) {
    case reason::operator_start:
    case reason::operator_stop:
    case reason::operator_restart:
    case reason::config_added:
    case reason::config_changed:
    case reason::ready:
    case reason::reachable:
      return true;
    default:
      return false;
  }
}

bool tells_nothing_new(const journal_entry& entry) {
  return entry.why == reason::backoff_over || entry.why == reason::spawned;
}

std::vector<std::string> evidence_lines(const journal_entry& entry) {
  std::vector<std::string> lines;
  if (entry.because.exit && entry.why != reason::exited && entry.why != reason::completed)
    lines.push_back("exit: " + describe(*entry.because.exit));
  if (entry.because.exit && entry.because.exit->why == exit_status::cause::oom)
    lines.push_back("the kernel killed it for want of memory (limits.memory)");
  if (!entry.because.text.empty() && entry.why == reason::exited)
    lines.push_back(entry.because.text);
  if (entry.pid) lines.push_back(fmt::format("pid {}, run {}", *entry.pid, entry.run));
  return lines;
}

std::vector<journal_entry> story_of(driver& of, const std::string& instance) {
  auto entries = of.entries().of(instance, entries_looked_at);
  auto begin = entries.end();
  while (begin != entries.begin()) {
    --begin;
    if (begins_a_story(*begin) && std::next(begin) != entries.end()) break;
  }
  std::vector<journal_entry> story(begin, entries.end());
  if (story.size() > 1) {
    const auto last = story.back();
    story.pop_back();
    std::erase_if(story, tells_nothing_new);
    story.push_back(last);
  }
  return story;
}

void tell(driver& of, const std::string& instance, std::vector<cause>& chain) {
  const auto story = story_of(of, instance);
  const std::size_t skipped = story.size() > most_causes ? story.size() - most_causes : 0;
  for (std::size_t i = 0; i < story.size(); ++i) {
    if (skipped && i > 0 && i <= skipped) {
      if (i == 1)
        chain.push_back(
            {story[i].at, fmt::format("{}: … and so on, {} more …", instance, skipped), {}});
      continue;
    }
    chain.push_back({story[i].at,
                     fmt::format("{}: {}", instance, in_words(story[i].why, story[i].because)),
                     evidence_lines(story[i])});
  }
}

void follow_dependencies(driver& of, core::instance_id id, int depth, std::set<std::uint32_t>& seen,
                         std::vector<cause>& chain) {
  if (depth == deepest_chain || !seen.insert(static_cast<std::uint32_t>(id)).second) return;
  auto& engine = of.engine();
  for (const std::string& service : engine.waits_for(id))
    for (const auto dependency : engine.resolve(service))
      if (engine.state_of(dependency) != state::running &&
          engine.state_of(dependency) != state::completed)
        follow_dependencies(of, dependency, depth + 1, seen, chain);
  tell(of, engine.name(id), chain);
}

std::string restart_rule(const restart_spec& rule) {
  const char* policy = rule.policy == restart_policy::always       ? "always"
                       : rule.policy == restart_policy::on_failure ? "on-failure"
                                                                   : "never";
  if (rule.policy == restart_policy::never) return "restart.policy never: it is not brought back";
  auto text = fmt::format("restart.policy {}: after {}, {:g} times longer each time, at most {}",
                          policy, in_words(rule.delay), rule.factor, in_words(rule.max_delay));
  if (rule.limit)
    text +=
        fmt::format("; gives up after {} restarts within {}", rule.limit, in_words(rule.window));
  return text;
}

std::string rule_for(const instance_status& status, const service_spec& spec) {
  switch (status.state) {
    case state::waiting: {
      std::vector<std::string> conditions;
      for (const auto& on : spec.depends_on) conditions.push_back(on.service);
      return fmt::format("depends_on: it starts when these are ready: {}",
                         fmt::join(conditions, ", "));
    }
    case state::starting:
      return fmt::format("start_timeout: it is to be ready within {}",
                         in_words(spec.start_timeout));
    case state::stopping:
      return fmt::format("stop.timeout: killed with all it started after {}",
                         in_words(spec.stop.timeout));
    case state::stopped:
      return "a stop stays, also over a restart of the daemon";
    case state::running:
      if (status.health == health::unhealthy)
        return "health.on_failure alert: it is told, and never killed for it";
      return restart_rule(spec.restart);
    default:
      return restart_rule(spec.restart);
  }
}

std::string next_for(const instance_status& status, const std::vector<std::string>& waits_for) {
  switch (status.state) {
    case state::waiting:
      return fmt::format("it starts by itself as soon as it can; it waits for {}",
                         fmt::join(waits_for, ", "));
    case state::starting:
      return "it becomes running when it is ready";
    case state::running:
      return "nothing, it runs";
    case state::stopping:
      return status.desired == desired_state::up ? "it starts again when it is gone"
                                                 : "it becomes stopped when it is gone";
    case state::backoff:
      return status.next_start_in
                 ? fmt::format("it starts again in {}", in_words(*status.next_start_in))
                 : "it starts again";
    case state::failed:
      if (status.why == reason::dependency_failed || status.why == reason::dependency_timeout)
        return fmt::format("it starts by itself when {} is there", status.because.dependency);
      return fmt::format("nothing until you say: aurorctl start {}", status.name);
    case state::completed:
      return "nothing, its work is done";
    case state::stopped:
      break;
  }
  return fmt::format("nothing until you say: aurorctl start {}", status.name);
}

}  // namespace

explanation explain(driver& of, core::instance_id id) {
  auto& engine = of.engine();
  const auto status = engine.status(id, monotonic_now());
  explanation told;
  told.instance = status.name;
  told.state = status.state;
  told.summary = fmt::format("{} is {}: {}", status.name, to_string(status.state),
                             in_words(status.why, status.because));
  if (status.health == health::unhealthy && status.state == state::running)
    told.summary += " (unhealthy)";
  told.waits_for = engine.waits_for(id);
  std::set<std::uint32_t> seen;
  follow_dependencies(of, id, 0, seen, told.chain);
  told.rule = rule_for(status, engine.spec(id));
  told.next = next_for(status, told.waits_for);
  return told;
}

background_question ask_background(driver& of, core::instance_id id) {
  background_question question{of.engine().name(id), of.paths().logs, of.paths().run, std::nullopt,
                               false};
  auto* runtime = of.find_runtime(id);
  if (!runtime) return question;
  if (auto* log = runtime->log()) {
    log->drain();
    question.separate_stderr = log->separate_stderr() != nullptr;
  }
  // Its own listener is no news; a stranger's is the most common reason why it does not come up.
  if (of.engine().state_of(id) != state::running) question.port = runtime->port();
  return question;
}

background look_up(const background_question& question) {
  background found;
  reactor::log_query last;
  last.last = lines_told;
  // Where stderr is kept apart, that is where a program says why it gives up.
  std::vector<std::string> logs = {question.instance};
  if (question.separate_stderr)
    logs.insert(logs.begin(), question.instance + std::string(stderr_log_suffix));
  for (const auto& log : logs) {
    reactor::log_reader reader({question.log_dir, question.run_dir, log}, last);
    for (auto lines = reader.next(); !lines.empty(); lines = reader.next())
      for (auto& line : lines) found.last_lines.push_back(std::move(line.text));
    if (!found.last_lines.empty()) break;
  }
  if (question.port) found.holder = who_listens(*question.port);
  return found;
}

void add(explanation& to, const background_question& question, background found) {
  to.last_lines = std::move(found.last_lines);
  if (!found.holder) return;
  to.chain.push_back(
      {wall_now(),
       found.holder->pid
           ? fmt::format("port {} is held by pid {} ({}), which Aurora does not touch",
                         *question.port, found.holder->pid, found.holder->program)
           : fmt::format("port {} is held by another process", *question.port),
       {}});
}

}  // namespace aurora::shell

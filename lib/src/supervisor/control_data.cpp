#include <algorithm>
#include <array>

#include "core/secrets.hpp"
#include "reactor/child/proc_files.hpp"
#include "server/on_worker.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/control.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/tree_reading.hpp"

// What a page shows of one service: how it is defined, its processes, its probe, what it used.
namespace aurora::shell {
namespace {

constexpr std::size_t most_processes = 1000;

std::string_view word_of(char state) {
  constexpr std::array<std::pair<char, std::string_view>, 9> words{{{'R', "running"},
                                                                    {'S', "sleeping"},
                                                                    {'D', "disk sleep"},
                                                                    {'Z', "zombie"},
                                                                    {'T', "stopped"},
                                                                    {'t', "tracing stop"},
                                                                    {'I', "idle"},
                                                                    {'X', "dead"},
                                                                    {'x', "dead"}}};
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& each) { return each.first == state; });
  return found == words.end() ? "unknown" : found->second;
}

/// The arguments as one line, without the secrets that its own environment tells of.
std::string shown_command(pid_t pid) {
  core::masker secrets;
  secrets.learn_environment(reactor::read_environment(pid));
  const auto text = read_command_line(pid);
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    arguments.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::string line;
  for (const auto& each : secrets.arguments(arguments)) {
    if (!line.empty()) line += ' ';
    line += each;
  }
  return line;
}

process_view view_of(const process_row& row) {
  process_view shown;
  shown.pid = row.pid;
  shown.parent = row.parent;
  shown.command = shown_command(row.pid);
  shown.state = word_of(row.state);
  shown.cpu = row.cpu;
  shown.memory_bytes = row.memory;
  shown.started_at = wall_now() - std::chrono::floor<std::chrono::milliseconds>(row.age);
  shown.threads = row.threads;
  return shown;
}

struct process_question {
  std::string name;
  pid_t pid = 0;
  std::string cgroup;
};

process_list look_up(const process_question& about) {
  process_list found;
  found.name = about.name;
  if (about.pid == 0) return found;
  const auto tree = read_tree(about.pid, about.cgroup, most_processes);
  for (const auto& row : tree.rows) found.processes.push_back(view_of(row));
  found.whole = tree.whole;
  return found;
}

void look_up(wire::instance_configuration& into, const launch_context& where) {
  auto environment = describe_environment(into.spec, where);
  if (environment) {
    into.environment = std::move(*environment);
  } else {
    into.environment_fault = environment.error();
  }
}

}  // namespace

boost::asio::awaitable<server::answer<std::vector<wire::instance_configuration>>>
control::configuration_of(std::string name) {
  const auto who = resolve({std::move(name)});
  if (!who) co_return who.error();
  std::vector<wire::instance_configuration> told;
  std::vector<launch_context> contexts;
  const auto& engine = driver_.engine();
  for (const auto id : *who) {
    auto& one = told.emplace_back();
    one.name = engine.name(id);
    one.spec = engine.spec(id);
    auto& where = contexts.emplace_back();
    where.instance = one.name;
    where.number = engine.number(id);
    where.port = driver_.runtime(id).port();
    one.own = {one.spec.name, where.number, where.port};
  }
  auto work = [told = std::move(told), contexts = std::move(contexts)]() mutable {
    for (std::size_t i = 0; i < told.size(); ++i)
      if (told[i].spec.type != service_type::external) look_up(told[i], contexts[i]);
    return std::move(told);
  };
  auto working = server::on_worker(driver_.workers(), std::move(work));
  auto found = co_await std::move(working);
  co_return server::answer<std::vector<wire::instance_configuration>>(std::move(found));
}

boost::asio::awaitable<server::answer<std::vector<process_list>>> control::processes(
    std::string name) {
  const auto who = resolve({std::move(name)});
  if (!who) co_return who.error();
  std::vector<process_question> questions;
  for (const auto id : *who) {
    auto& asking = questions.emplace_back();
    asking.name = driver_.engine().name(id);
    const auto* runtime = driver_.find_runtime(id);
    if (!runtime || !runtime->process()) continue;
    asking.pid = runtime->process()->pid();
    asking.cgroup = runtime->cgroup();
  }
  auto work = [questions = std::move(questions)] {
    std::vector<process_list> found;
    for (const auto& each : questions) found.push_back(look_up(each));
    return found;
  };
  auto working = server::on_worker(driver_.workers(), std::move(work));
  auto found = co_await std::move(working);
  co_return server::answer<std::vector<process_list>>(std::move(found));
}

server::answer<std::vector<probe_history>> control::probes(const std::string& name) {
  const auto who = resolve({name});
  if (!who) return who.error();
  std::vector<probe_history> told;
  for (const auto id : *who) {
    auto& one = told.emplace_back();
    one.name = driver_.engine().name(id);
    if (const auto* runtime = driver_.find_runtime(id)) one.probes = runtime->probe_answers();
  }
  return told;
}

server::answer<std::vector<usage_history>> control::usage(const std::string& name) {
  const auto who = resolve({name});
  if (!who) return who.error();
  std::vector<usage_history> told;
  for (const auto id : *who) told.push_back({driver_.engine().name(id), driver_.usage().of(id)});
  return told;
}

}  // namespace aurora::shell

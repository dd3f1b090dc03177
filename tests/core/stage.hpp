#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/engine.hpp"

/// A stage for the engine: virtual time, and a shell whose answers the test gives.
namespace aurora::core::testing {

using namespace std::chrono_literals;

inline service_spec service(std::string name, std::vector<dependency> needs = {}) {
  service_spec s;
  s.name = std::move(name);
  s.command = {{"/bin/" + s.name}};
  s.depends_on = std::move(needs);
  s.restart.jitter = 0;
  return s;
}
inline dependency need(std::string name, dependency_condition c = dependency_condition::ready) {
  return {std::move(name), c, false, true};
}
inline dependency need_restart(std::string name) {
  return {std::move(name), dependency_condition::ready, true, true};
}
inline dependency need_not(std::string name) {
  return {std::move(name), dependency_condition::ready, false, false};
}
inline service_spec probed(std::string name, std::vector<dependency> needs = {}) {
  service_spec s = service(std::move(name), std::move(needs));
  s.health.emplace();
  s.health->probe = tcp_probe{{"127.0.0.1:1"}};
  s.ready = ready_on_probe{};
  return s;
}
inline stack_spec stack_of(std::vector<service_spec> services) {
  stack_spec stack;
  stack.name = "test";
  std::sort(services.begin(), services.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  stack.services = std::move(services);
  return stack;
}

class stage {
 public:
  explicit stage(std::vector<service_spec> services, std::uint64_t seed = 1)
      : stage(stack_of(std::move(services)), seed) {}
  explicit stage(const stack_spec& stack, std::uint64_t seed = 1) : subject(stack, seed) {}

  engine subject;
  instant now = instant(1000s);
  commands last;                       ///< of the last step
  std::vector<journal_entry> journal;  ///< all of it
  std::vector<std::string> said;       ///< all commands but records, as text

  void begin() {
    last.clear();
    subject.begin(now, last);
    take();
  }
  void step(const engine_event& e) {
    last.clear();
    subject.step(e, now, last);
    take();
  }
  plan_steps apply(const stack_spec& next) {
    last.clear();
    auto steps = subject.apply(next, now, last);
    take();
    return steps;
  }
  /// Time passes; the engine is called back whenever it asked to be.
  void pass(duration span) {
    const instant until = now + span;
    while (const auto due = subject.next_deadline()) {
      if (*due > until) break;
      now = std::max(now, *due);
      step(event::tick{});
    }
    now = until;
  }

  instance_id id(const std::string& name) const {
    const auto found = subject.find(name);
    BOOST_REQUIRE_MESSAGE(found, "no instance " << name);
    return *found;
  }
  run_number run(const std::string& name) const { return subject.run_of(id(name)); }
  std::string state(const std::string& name) const {
    return std::string(to_string(subject.state_of(id(name))));
  }
  instance_status status(const std::string& name) const { return subject.status(id(name), now); }
  std::string why(const std::string& name) const {
    return std::string(to_string(status(name).why));
  }

  void start(const std::string& name) { step(event::start{subject.resolve(name)}); }
  void stop(const std::string& name) { step(event::stop{subject.resolve(name)}); }
  void restart(const std::string& name) { step(event::restart{subject.resolve(name)}); }
  void stop_all() { step(event::stop{subject.instances()}); }
  void spawned(const std::string& name) {
    step(event::spawned{id(name), run(name), 1000 + static_cast<int>(run(name))});
  }
  void exits(const std::string& name, exit_status status, unsigned left_over = 0) {
    step(event::main_exited{id(name), run(name), status, left_over});
  }
  void gone(const std::string& name) { step(event::tree_gone{id(name), run(name)}); }
  void probe(const std::string& name, bool healthy, std::string text = "") {
    step(event::probe_result{id(name), run(name), healthy, std::move(text)});
  }
  void hook(const std::string& name, hook_kind kind, bool ok, std::string text = "") {
    step(event::hook_done{id(name), run(name), kind, ok, std::move(text)});
  }
  void up(const std::string& name) { step(event::signalled_ready{id(name), run(name)}); }

  /// Everything that was asked to start has started (for services that are ready at once).
  void spawn_all() {
    for (bool more = true; more;) {
      more = false;
      for (const std::string& line : std::exchange(unspawned_, {})) {
        spawned(line);
        more = true;
      }
    }
  }

  /// The last step's commands but records: "spawn web", "signal web 15 group", …
  std::vector<std::string> asked() const {
    std::vector<std::string> lines;
    for (const auto& c : last)
      if (auto text = describe(c); !text.empty()) lines.push_back(std::move(text));
    return lines;
  }
  /// Of all steps so far: how often a command was given.
  std::size_t times(const std::string& line) const {
    return static_cast<std::size_t>(std::count(said.begin(), said.end(), line));
  }
  /// The changes of an instance: "stopped>starting operator-start".
  std::vector<std::string> story(const std::string& name) const {
    std::vector<std::string> lines;
    for (const auto& e : journal)
      if (e.instance == name)
        lines.push_back(std::string(to_string(e.from)) + ">" + std::string(to_string(e.to)) + " " +
                        std::string(to_string(e.why)));
    return lines;
  }
  const journal_entry& newest(const std::string& name) const {
    for (auto e = journal.rbegin(); e != journal.rend(); ++e)
      if (e->instance == name) return *e;
    throw std::logic_error("no entry of " + name);
  }

 private:
  std::string describe(const engine_command& c) const;
  void take() {
    for (const auto& c : last) {
      if (const auto* r = std::get_if<command::record>(&c)) journal.push_back(r->entry);
      if (const auto* s = std::get_if<command::spawn>(&c))
        unspawned_.push_back(subject.name(s->id));
      if (auto text = describe(c); !text.empty()) said.push_back(std::move(text));
    }
  }
  std::vector<std::string> unspawned_;
};

inline std::string stage::describe(const engine_command& c) const {
  static const char* const reaches[] = {"main", "group", "tree"};
  static const char* const hooks[] = {"pre_start", "post_start", "pre_stop", "post_stop"};
  const auto n = [&](instance_id i) { return subject.name(i); };
  struct visitor {
    const decltype(n)& name;
    std::string operator()(const command::spawn& x) const { return "spawn " + name(x.id); }
    std::string operator()(const command::send_signal& x) const {
      return "signal " + name(x.id) + " " + std::to_string(x.signal) + " " +
             reaches[static_cast<int>(x.to)];
    }
    std::string operator()(const command::kill_tree& x) const { return "kill " + name(x.id); }
    std::string operator()(const command::probe& x) const { return "probe " + name(x.id); }
    std::string operator()(const command::cancel_probe& x) const { return "cancel " + name(x.id); }
    std::string operator()(const command::run_hook& x) const {
      return std::string("hook ") + name(x.id) + " " + hooks[static_cast<int>(x.hook)];
    }
    std::string operator()(const command::run_stop_command& x) const {
      return "stop_command " + name(x.id);
    }
    std::string operator()(const command::end_run& x) const { return "end " + name(x.id); }
    std::string operator()(const command::record&) const { return {}; }
    std::string operator()(const command::save_desired&) const { return "save"; }
    std::string operator()(const command::forget& x) const { return "forget " + name(x.id); }
    std::string operator()(const command::stack_down& x) const {
      return "down" + (x.code ? " " + std::to_string(*x.code) : std::string());
    }
  };
  return std::visit(visitor{n}, c);
}

using lines = std::vector<std::string>;

}  // namespace aurora::core::testing

namespace boost::test_tools::tt_detail {
template <>
struct print_log_value<std::vector<std::string>> {
  void operator()(std::ostream& os, const std::vector<std::string>& v) {
    os << "[";
    for (const auto& s : v) os << "\n    " << s;
    os << "]";
  }
};
}  // namespace boost::test_tools::tt_detail

#include "property/scenario.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "property/random.hpp"

namespace aurora::property {
namespace {

using namespace std::chrono_literals;

duration pick(dice& d, std::initializer_list<duration> choices) {
  return *(choices.begin() + d.below(static_cast<unsigned>(choices.size())));
}

health_spec random_health(dice& d) {
  health_spec h;
  h.probe = tcp_probe{{"127.0.0.1:1"}};
  h.interval = pick(d, {500ms, 2s, 10s});
  h.retries = d.below(4);
  h.successes = d.below(3);
  h.start_interval = pick(d, {0ms, 30ms, 250ms});
  h.start_period = pick(d, {0ms, 0ms, 3s});
  h.on_failure = d.one_in(2) ? on_unhealthy::alert : on_unhealthy::restart;
  return h;
}

void randomise_ready(dice& d, service_spec& s) {
  switch (d.below(6)) {
    case 0:
      s.ready = ready_on_notify{};
      break;
    case 1:
      s.ready = ready_on_delay{pick(d, {0ms, 200ms, 5s})};
      break;
    case 2:
      s.ready = ready_on_log{"ready"};
      break;
    case 3:
    case 4:
      if (s.health) s.ready = ready_on_probe{};
      break;
    default:
      break;
  }
}

void randomise_rules(dice& d, service_spec& s) {
  s.restart.policy = static_cast<restart_policy>(d.below(3));
  s.restart.delay = pick(d, {0ms, 10ms, 500ms});
  s.restart.max_delay = pick(d, {50ms, 2s, 30s});
  s.restart.factor = d.one_in(3) ? 1.0 : 2.0;
  s.restart.jitter = d.one_in(2) ? 0 : 0.5;
  s.restart.limit = d.one_in(4) ? 0 : 1 + d.below(6);
  s.restart.window = pick(d, {5s, 60s, 300s});
  s.restart.reset_after = pick(d, {0ms, 1s, 60s});
  s.start_timeout = pick(d, {0ms, 300ms, 5s, 60s});
  s.stop.timeout = pick(d, {0ms, 100ms, 3s, 10s});
  s.stop.to = d.one_in(3) ? signal_scope::main : signal_scope::group;
  if (d.one_in(5)) s.stop.command = {{"stop"}};
  if (d.one_in(6)) s.hooks.pre_start = {{"hook"}};
  if (d.one_in(6)) s.hooks.post_start = {{"hook"}};
  if (d.one_in(6)) s.hooks.pre_stop = {{"hook"}};
  if (d.one_in(6)) s.hooks.post_stop = {{"hook"}};
  s.critical = d.one_in(25);
}

service_spec random_service(dice& d, unsigned number, const std::vector<service_spec>& before) {
  service_spec s;
  s.name = std::string(1, static_cast<char>('a' + number));
  s.command = {{"/bin/" + s.name}};
  s.type = d.one_in(5)   ? service_type::oneshot
           : d.one_in(8) ? service_type::external
                         : service_type::service;
  s.instances = d.one_in(5) ? 1 + d.below(3) : 1;
  s.autostart = !d.one_in(4);
  if (s.type != service_type::oneshot && d.one_in(2)) s.health = random_health(d);
  if (s.type == service_type::service) randomise_ready(d, s);
  randomise_rules(d, s);
  for (const service_spec& other : before) {
    if (!d.one_in(3)) continue;
    dependency need;
    need.service = other.name;
    need.condition = static_cast<dependency_condition>(
        other.type == service_type::oneshot ? d.below(3) : d.below(2));
    need.restart = d.one_in(3);
    need.required = !d.one_in(4);
    s.depends_on.push_back(need);
  }
  if (d.one_in(10)) s.depends_on.push_back({"nobody", dependency_condition::ready, false, false});
  return s;
}

}  // namespace

stack_spec random_stack(std::uint64_t seed) {
  dice d(seed);
  stack_spec stack;
  stack.name = "random";
  stack.shutdown_timeout = pick(d, {0ms, 2s, 90s});
  const unsigned count = 1 + d.below(7);
  for (unsigned n = 0; n < count; ++n)
    stack.services.push_back(random_service(d, n, stack.services));
  return stack;
}

stack_spec changed_stack(const stack_spec& from, std::uint64_t seed) {
  dice d(seed);
  stack_spec next = from;
  const std::vector<service_spec> old = std::exchange(next.services, {});
  for (unsigned n = 0; n < 8; ++n) {
    const std::string name(1, static_cast<char>('a' + n));
    const auto kept =
        std::find_if(old.begin(), old.end(), [&](const auto& s) { return s.name == name; });
    const bool was_there = kept != old.end();
    if (was_there ? d.one_in(6) : !d.one_in(6)) continue;
    service_spec s = was_there ? *kept : random_service(d, n, next.services);
    if (was_there && d.one_in(4)) s.command.push_back({"x"});
    if (was_there && d.one_in(4)) randomise_rules(d, s);
    if (was_there && d.one_in(6)) s.instances = 1 + d.below(3);
    if (was_there && d.one_in(6)) s.autostart = !s.autostart;
    if (was_there && d.one_in(6) && s.health && !std::holds_alternative<ready_on_probe>(s.ready))
      s.health = random_health(d);
    // Who is gone cannot be required any more; what is left is still without cycles.
    auto& needs = s.depends_on;
    needs.erase(std::remove_if(needs.begin(), needs.end(),
                               [&](const dependency& need) {
                                 return need.required &&
                                        std::none_of(next.services.begin(), next.services.end(),
                                                     [&](const auto& other) {
                                                       return other.name == need.service;
                                                     });
                               }),
                needs.end());
    next.services.push_back(std::move(s));
  }
  return next;
}

std::vector<action> random_script(std::uint64_t seed, unsigned length) {
  using kind = action::kind;
  dice d(seed);
  // Weighted by how often it is drawn from the list.
  static constexpr std::array weighted = {
      kind::pass,        kind::pass,    kind::pass,    kind::pass,        kind::pass,
      kind::pass,        kind::pass,    kind::pass,    kind::pass,        kind::start,
      kind::start,       kind::stop,    kind::stop,    kind::restart,     kind::restart,
      kind::crash,       kind::crash,   kind::crash,   kind::stop_all,    kind::start_all,
      kind::restart_all, kind::files,   kind::reload,  kind::reload_same, kind::stale,
      kind::watchdog,    kind::trigger, kind::leaving, kind::extend,      kind::repid,
      kind::late_tick,   kind::die};
  static constexpr std::array<unsigned, 7> spans = {0, 1, 20, 200, 1000, 7000, 70000};
  std::vector<action> script;
  for (unsigned n = 0; n < length; ++n) {
    action a;
    a.what = weighted[d.below(weighted.size())];
    if (d.one_in(150)) a.what = kind::shutdown;
    if (d.one_in(300)) a.what = kind::kill_all;
    a.who = d.below(64);
    a.amount = d.below(1000);
    if (a.what == kind::pass || a.what == kind::late_tick)
      a.amount = spans[d.below(spans.size())] * (1 + d.below(3));
    if (a.what == kind::crash) a.amount = d.one_in(3) ? 1 + d.below(3) : 0;
    script.push_back(a);
  }
  return script;
}

std::string describe(const action& a) {
  static constexpr const char* names[] = {
      "pass",    "start",  "stop",   "restart",     "stop_all", "start_all", "restart_all",
      "crash",   "files",  "reload", "reload_same", "stale",    "watchdog",  "trigger",
      "leaving", "extend", "repid",  "late_tick",   "shutdown", "kill_all",  "die"};
  return std::string(names[static_cast<int>(a.what)]) + " " + std::to_string(a.who) + " " +
         std::to_string(a.amount);
}

}  // namespace aurora::property

#include <aurora/plan.hpp>

#include <algorithm>
#include <functional>

namespace aurora {
namespace {

/// Collects the keys that differ, apart by what their change asks for.
struct difference {
  std::vector<std::string> restart;  // the process is made of these
  std::vector<std::string> update;   // these are rules about it
};

template <class T>
void compare(std::vector<std::string>& keys, const char* key, const T& before, const T& after) {
  if (!(before == after)) keys.emplace_back(key);
}

void compare_process(const service_spec& a, const service_spec& b, std::vector<std::string>& keys) {
  compare(keys, "type", a.type, b.type);
  compare(keys, "command", a.command, b.command);
  compare(keys, "working_dir", a.working_dir, b.working_dir);
  compare(keys, "env", a.env, b.env);
  compare(keys, "virtualenv", a.virtualenv, b.virtualenv);
  compare(keys, "user", a.user, b.user);
  compare(keys, "group", a.group, b.group);
  compare(keys, "umask", a.umask, b.umask);
  compare(keys, "nice", a.nice, b.nice);
  compare(keys, "limits", a.limits, b.limits);
  compare(keys, "port", a.port, b.port);
  compare(keys, "ready", a.ready, b.ready);
  compare(keys, "logs.stderr", a.logs.err, b.logs.err);
}

void compare_restart(const restart_spec& a, const restart_spec& b, std::vector<std::string>& keys) {
  compare(keys, "restart.policy", a.policy, b.policy);
  compare(keys, "restart.delay", a.delay, b.delay);
  compare(keys, "restart.factor", a.factor, b.factor);
  compare(keys, "restart.max_delay", a.max_delay, b.max_delay);
  compare(keys, "restart.jitter", a.jitter, b.jitter);
  compare(keys, "restart.limit", a.limit, b.limit);
  compare(keys, "restart.window", a.window, b.window);
  compare(keys, "restart.reset_after", a.reset_after, b.reset_after);
  compare(keys, "restart.success_codes", a.success_codes, b.success_codes);
}

void compare_probe(const http_probe& a, const http_probe& b, std::vector<std::string>& keys) {
  compare(keys, "health.http", a.url, b.url);
  compare(keys, "health.status", a.status, b.status);
  compare(keys, "health.body", a.body, b.body);
  compare(keys, "health.headers", a.headers, b.headers);
  compare(keys, "health.method", a.method, b.method);
  compare(keys, "health.tls_verify", a.tls_verify, b.tls_verify);
}
void compare_probe(const tcp_probe& a, const tcp_probe& b, std::vector<std::string>& keys) {
  compare(keys, "health.tcp", a.address, b.address);
}
void compare_probe(const exec_probe& a, const exec_probe& b, std::vector<std::string>& keys) {
  compare(keys, "health.exec", a.command, b.command);
}

void compare_health(const std::optional<health_spec>& before,
                    const std::optional<health_spec>& after, std::vector<std::string>& keys) {
  if (!before || !after || before->probe.index() != after->probe.index())
    return compare(keys, "health", before, after);
  const health_spec& a = *before;
  const health_spec& b = *after;
  std::visit(
      [&](const auto& probe) {
        compare_probe(probe, std::get<std::decay_t<decltype(probe)>>(b.probe), keys);
      },
      a.probe);
  compare(keys, "health.interval", a.interval, b.interval);
  compare(keys, "health.timeout", a.timeout, b.timeout);
  compare(keys, "health.retries", a.retries, b.retries);
  compare(keys, "health.successes", a.successes, b.successes);
  compare(keys, "health.start_interval", a.start_interval, b.start_interval);
  compare(keys, "health.start_period", a.start_period, b.start_period);
  compare(keys, "health.on_failure", a.on_failure, b.on_failure);
}

void compare_rules(const service_spec& a, const service_spec& b, std::vector<std::string>& keys) {
  compare(keys, "autostart", a.autostart, b.autostart);
  compare(keys, "depends_on", a.depends_on, b.depends_on);
  compare_restart(a.restart, b.restart, keys);
  compare(keys, "start_timeout", a.start_timeout, b.start_timeout);
  compare_health(a.health, b.health, keys);
  compare(keys, "stop.signal", a.stop.signal, b.stop.signal);
  compare(keys, "stop.timeout", a.stop.timeout, b.stop.timeout);
  compare(keys, "stop.to", a.stop.to, b.stop.to);
  compare(keys, "stop.command", a.stop.command, b.stop.command);
  compare(keys, "hooks.pre_start", a.hooks.pre_start, b.hooks.pre_start);
  compare(keys, "hooks.post_start", a.hooks.post_start, b.hooks.post_start);
  compare(keys, "hooks.pre_stop", a.hooks.pre_stop, b.hooks.pre_stop);
  compare(keys, "hooks.post_stop", a.hooks.post_stop, b.hooks.post_stop);
  compare(keys, "watch", a.watch, b.watch);
  compare(keys, "logs.max_size", a.logs.max_size, b.logs.max_size);
  compare(keys, "logs.keep", a.logs.keep, b.logs.keep);
  compare(keys, "logs.compress", a.logs.compress, b.logs.compress);
  compare(keys, "critical", a.critical, b.critical);
  compare(keys, "labels", a.labels, b.labels);
}

plan_step make_step(const std::string& service, plan_step::action what, unsigned from,
                    unsigned to) {
  plan_step step;
  step.service = service;
  step.what = what;
  step.from_instances = from;
  step.to_instances = to;
  return step;
}

void add_changes(const service_spec& a, const service_spec& b, plan_steps& steps) {
  if (a == b) return;
  difference found;
  compare_process(a, b, found.restart);
  compare_rules(a, b, found.update);
  if (a.instances != b.instances) {
    steps.push_back(make_step(b.name, plan_step::action::scale, a.instances, b.instances));
    steps.back().keys = {"instances"};
  }
  const bool restart = !found.restart.empty();
  if (!restart && found.update.empty()) return;
  steps.push_back(make_step(b.name,
                            restart ? plan_step::action::restart : plan_step::action::update,
                            a.instances, b.instances));
  auto& keys = steps.back().keys;
  keys = std::move(found.restart);
  keys.insert(keys.end(), found.update.begin(), found.update.end());
  std::sort(keys.begin(), keys.end());
}

std::vector<const service_spec*> by_name(const stack_spec& stack) {
  std::vector<const service_spec*> sorted;
  for (const service_spec& service : stack.services) sorted.push_back(&service);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return sorted;
}

}  // namespace

plan_steps make_plan(const stack_spec& before, const stack_spec& after) {
  const auto olds = by_name(before);
  const auto news = by_name(after);
  plan_steps steps;
  auto a = olds.begin();
  auto b = news.begin();
  while (a != olds.end() || b != news.end()) {
    if (b == news.end() || (a != olds.end() && (*a)->name < (*b)->name)) {
      steps.push_back(make_step((*a)->name, plan_step::action::remove, (*a)->instances, 0));
      ++a;
    } else if (a == olds.end() || (*b)->name < (*a)->name) {
      steps.push_back(make_step((*b)->name, plan_step::action::add, 0, (*b)->instances));
      ++b;
    } else {
      add_changes(**a++, **b++, steps);
    }
  }
  return steps;
}

}  // namespace aurora

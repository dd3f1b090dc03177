#include "server/fake_backend.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "reactor/task_scope.hpp"

namespace aurora::server {

using boost::asio::awaitable;

struct fake_backend::waiter {
  waiter(fake_backend& in, const boost::asio::any_io_executor& on)
      : owner(in), timer(on, boost::asio::steady_timer::time_point::max()) {
    owner.waiting.insert(this);
  }
  ~waiter() {
    owner.waiting.erase(this);
    if (!owner.released) ++owner.abandoned;
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  fake_backend& owner;
  boost::asio::steady_timer timer;
};

void fake_backend::release() {
  released = true;
  for (waiter* each : waiting) each->timer.cancel();
}

awaitable<void> fake_backend::until_released() {
  const auto executor = co_await boost::asio::this_coro::executor;
  waiter here(*this, executor);
  while (!released) co_await here.timer.async_wait(reactor::tok);
}

awaitable<answer<operation_report>> fake_backend::operate(verb what, std::vector<std::string> names,
                                                          std::optional<duration> wait) {
  changes += 1;
  const auto who = services(names);
  if (!who) co_return who.error();
  if (wait && hold) co_await until_released();
  operation_report report;
  report.finished = wait && (!hold || released);
  for (const auto& each : *who) {
    target_report target;
    target.name = each.instance.name;
    target.state = each.instance.state;
    const bool already = what == verb::start && each.instance.state == state::running;
    target.what = already ? target_report::result::already : target_report::result::done;
    report.targets.push_back(target);
  }
  co_return report;
}

awaitable<answer<operation_report>> fake_backend::scale(std::string service, unsigned instances,
                                                        std::optional<duration>) {
  changes += 1;
  scaled = service + "=" + std::to_string(instances);
  operation_report report;
  co_return report;
}

/// One of each instance, with nothing but its name, or with one element more.
template <class T, class Fill>
answer<std::vector<T>> named(fake_backend& of, const std::string& name, Fill fill) {
  const auto who = of.services(std::vector<std::string>(1, name));
  if (!who) return who.error();
  std::vector<T> out;
  for (const auto& each : *who) {
    T& made = out.emplace_back();
    made.name = each.instance.name;
    fill(made);
  }
  return out;
}

awaitable<answer<std::vector<wire::instance_configuration>>> fake_backend::configuration_of(
    std::string name) {
  co_return named<wire::instance_configuration>(*this, name, [](auto& of) {
    of.environment.push_back({"PASSWORD", "canary", "env"});
  });
}

awaitable<answer<std::vector<process_list>>> fake_backend::processes(std::string name) {
  co_return named<process_list>(*this, name, [](auto& of) { of.processes.emplace_back(); });
}

answer<std::vector<probe_history>> fake_backend::probes(const std::string& name) {
  return named<probe_history>(*this, name, [](auto& of) { of.probes.emplace_back(); });
}

answer<std::vector<usage_history>> fake_backend::usage(const std::string& name) {
  return named<usage_history>(*this, name, [](auto& of) { of.samples.emplace_back(); });
}

awaitable<answer<plan_steps>> fake_backend::plan() { co_return steps; }

awaitable<answer<reload_report>> fake_backend::reload(std::optional<duration> wait) {
  changes += 1;
  if (!invalid.title.empty()) co_return invalid;
  reload_report report;
  report.steps = steps;
  report.operation.finished = wait.has_value() && !hold;
  co_return report;
}

awaitable<answer<upgrade_report>> fake_backend::upgrade() {
  changes += 1;
  co_return upgrade_report{"0.1.0", "0.2.0"};
}

awaitable<answer<std::vector<probe_report>>> fake_backend::check(std::vector<std::string> names) {
  const auto who = services(names);
  if (!who) co_return who.error();
  std::vector<probe_report> out;
  for (const auto& each : *who) {
    probe_report report;
    report.name = each.instance.name;
    report.healthy = true;
    report.text = "HTTP 200";
    report.took = std::chrono::milliseconds(3);
    out.push_back(report);
  }
  co_return out;
}

awaitable<answer<std::vector<explanation>>> fake_backend::why(std::string name) {
  const std::vector<std::string> one(1, name);
  if (const auto who = services(one); !who) co_return who.error();
  explanation out;
  out.instance = name;
  out.summary = "because";
  std::vector<explanation> all(1, out);
  co_return all;
}

}  // namespace aurora::server

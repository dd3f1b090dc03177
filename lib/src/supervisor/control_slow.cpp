#include <fmt/format.h>

#include <aurora/config.hpp>

#include "server/on_worker.hpp"
#include "supervisor/control.hpp"
#include "supervisor/disk_source.hpp"
#include "supervisor/explain.hpp"
#include "supervisor/instance_runtime.hpp"

// The part of the API that takes time: reads files, probes, waits.
namespace aurora::shell {

boost::asio::awaitable<void> control::lock_configuration() {
  while (configuring_) {
    configured_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await configured_.async_wait(reactor::tok);
  }
  configuring_ = true;
}

namespace {

struct unlock_configuration {
  bool& busy;
  boost::asio::steady_timer& told;
  ~unlock_configuration() {
    busy = false;
    told.cancel();
  }
};

problem invalid(const diagnostics& faults) {
  problem told{422,
               "invalid-configuration",
               "the configuration is not valid",
               "nothing was changed",
               "correct it and try again: aurorctl validate",
               {}};
  for (const auto& fault : faults) told.errors.push_back(to_string(fault));
  return told;
}

}  // namespace

boost::asio::awaitable<server::answer<stack_spec>> control::read_configuration() {
  auto work = [path = options_.config_file] {
    disk_source disk;
    return load_config(path, disk);
  };
  auto loaded = co_await server::on_worker(driver_.workers(), std::move(work));
  if (!loaded.stack) co_return invalid(loaded.faults);
  co_return std::move(*loaded.stack);
}

boost::asio::awaitable<server::answer<plan_steps>> control::plan() {
  const auto next = co_await read_configuration();
  if (!next) co_return next.error();
  co_return make_plan(driver_.engine().stack(), *next);
}

boost::asio::awaitable<server::answer<plan_steps>> control::reload(std::optional<duration> wait) {
  co_await lock_configuration();
  core::targets touched;
  plan_steps steps;
  {
    const unlock_configuration at_the_end{configuring_, configured_};
    const auto next = co_await read_configuration();
    driver_.warn("last reload failed", next                          ? ""
                                       : next.error().errors.empty() ? next.error().title
                                                                     : next.error().errors.front());
    if (!next) co_return next.error();
    steps = driver_.apply(*next);
  }
  driver_.log(log_level::info,
              fmt::format("configuration read again: services changed: {}", steps.size()));
  for (const auto& step : steps)
    for (const auto id : driver_.engine().resolve(step.service)) touched.push_back(id);
  std::erase_if(touched, [&](auto id) {
    return driver_.engine().status(id, {}).desired == desired_state::down;
  });
  if (wait) co_await driver_.settled(std::move(touched), driver::goal::up, wait);
  co_return steps;
}

boost::asio::awaitable<server::answer<operation_report>> control::scale(
    std::string service, unsigned instances, std::optional<duration> wait) {
  co_await lock_configuration();
  core::targets who;
  {
    const unlock_configuration at_the_end{configuring_, configured_};
    auto next = driver_.engine().stack();
    const auto found = std::find_if(next.services.begin(), next.services.end(),
                                    [&](const auto& one) { return one.name == service; });
    if (found == next.services.end()) {
      const auto none = resolve({service});
      if (!none) co_return none.error();
      co_return problem{
          400, "bad-request", "scale takes the name of a service, not of an instance", "", "", {}};
    }
    if (instances == 0 || instances > 1000)
      co_return problem{400,
                        "bad-request",
                        fmt::format("{} instances cannot be had", instances),
                        "between 1 and 1000",
                        fmt::format("for none: aurorctl stop {}", service),
                        {}};
    found->instances = instances;
    driver_.apply(next);
    who = driver_.engine().resolve(service);
  }
  if (wait) co_await driver_.settled(who, driver::goal::up, wait);
  co_return report(who, std::vector<bool>(who.size(), false), driver::goal::up);
}

boost::asio::awaitable<server::answer<std::vector<explanation>>> control::why(std::string name) {
  const auto who = resolve({name});
  if (!who) co_return who.error();
  std::vector<explanation> told;
  std::vector<background_question> questions;
  for (const auto id : *who) {
    told.push_back(explain(driver_, id));
    questions.push_back(ask_background(driver_, id));
  }
  auto work = [questions] {
    std::vector<background> found;
    for (const auto& question : questions) found.push_back(look_up(question));
    return found;
  };
  auto found = co_await server::on_worker(driver_.workers(), std::move(work));
  for (std::size_t i = 0; i < told.size(); ++i) add(told[i], questions[i], std::move(found[i]));
  co_return told;
}

boost::asio::awaitable<probe_report> control::check_one(core::instance_id id) {
  auto& engine = driver_.engine();
  probe_report told;
  told.name = engine.name(id);
  told.state = engine.state_of(id);
  auto request = driver_.runtime(id).probe_request();
  if (!request) {
    told.text = "no probe";
    co_return told;
  }
  if (!*request) {
    told.healthy = false;
    told.text = request->error();
    co_return told;
  }
  auto probing = driver_.prober().probe(std::move(**request), engine.spec(id).health->timeout);
  const auto outcome = co_await std::move(probing);
  told.healthy = outcome.healthy;
  told.text = outcome.text;
  told.took = outcome.took;
  co_return told;
}

boost::asio::awaitable<server::answer<std::vector<probe_report>>> control::check(
    std::vector<std::string> names) {
  const auto who = resolve(names);
  if (!who) co_return who.error();
  std::vector<probe_report> told(who->size());
  // All at once: forty services whose probes time out take two seconds, not eighty.
  reactor::task_scope probes(driver_.executor());
  for (std::size_t i = 0; i < who->size(); ++i) probes.spawn(check_into((*who)[i], told[i]));
  co_await probes.join();
  co_return told;
}

boost::asio::awaitable<void> control::check_into(core::instance_id id, probe_report& into) {
  auto checking = check_one(id);
  into = co_await std::move(checking);
}

}  // namespace aurora::shell

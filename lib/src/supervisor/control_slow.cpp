#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include <aurora/config.hpp>

#include "server/on_worker.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/control.hpp"
#include "supervisor/disk_source.hpp"
#include "supervisor/explain.hpp"
#include "supervisor/good_config.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/trust.hpp"

// The part of the API that takes time: reads files, probes, waits.
namespace aurora::shell {

boost::asio::awaitable<void> control::lock_configuration() {
  while (configuring_) co_await configured_.async_wait(reactor::tok);
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

problem unsafe(const std::string& words) {
  problem told = invalid({});
  told.title = "the configuration is not safe";
  told.hint = "";
  told.errors.push_back(words);
  return told;
}

/// False for one that the stack has no more and that is on its way out.
bool is_defined(const core::engine& engine, core::instance_id id) {
  const auto& services = engine.stack().services;
  const auto& name = engine.spec(id).name;
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&](const auto& one) { return one.name == name; });
  return found != services.end() && engine.number(id) <= found->instances &&
         engine.name(id) == core::instance_name(*found, engine.number(id));
}

core::targets instances_of(const core::engine& engine, const std::set<std::string_view>& services) {
  core::targets found;
  for (const auto id : engine.instances())
    if (services.contains(engine.spec(id).name)) found.push_back(id);
  return found;
}

}  // namespace

boost::asio::awaitable<server::answer<configuration>> control::read_again() {
  auto work = [path = options_.config_file] { return read_configuration(path); };
  auto read = co_await server::on_worker(driver_.workers(), std::move(work));
  if (read.unsafe) co_return unsafe(*read.unsafe);
  if (!read.loaded.stack) co_return invalid(read.loaded.faults);
  co_return server::answer<configuration>(std::move(read));
}

boost::asio::awaitable<server::answer<plan_steps>> control::plan() {
  const auto next = co_await read_again();
  if (!next) co_return next.error();
  co_return make_plan(driver_.engine().stack(), *next->loaded.stack);
}

/// The keys of the current stack that differ from what the daemon was started with.
std::vector<std::string> control::put_off() const {
  const auto& now = driver_.engine().stack();
  std::vector<std::string> told;
  const auto tell = [&](bool changed, const char* key) {
    if (changed)
      told.push_back(
          fmt::format("{} changed: it takes effect at the next start of "
                      "aurorad",
                      key));
  };
  tell(now.control_group != as_started_.control_group, "control.group");
  tell(now.http_listen != as_started_.http_listen, "http.listen");
  tell(now.http_tls != as_started_.http_tls, "http.tls");
  tell(now.http_hosts != as_started_.http_hosts, "http.hosts");
  tell(now.state_dir != as_started_.state_dir, "state_dir");
  tell(now.prerequisites != as_started_.prerequisites, "prerequisites");
  return told;
}

/// Waits for instances that a change of the stack touched: up where they are wanted, else down.
boost::asio::awaitable<operation_report> control::settle_change(core::targets who,
                                                                std::optional<duration> wait) {
  core::targets up, down;
  for (const auto id : who) {
    if (!driver_.engine().exists(id)) continue;
    const bool wanted = driver_.engine().status(id, {}).desired == desired_state::up;
    (wanted && is_defined(driver_.engine(), id) ? up : down).push_back(id);
  }
  bool all_up = false, all_down = false;
  if (wait) {
    const auto until = monotonic_now() + *wait;
    all_up = co_await driver_.settled(up, driver::goal::up, wait);
    all_down = co_await driver_.settled(down, driver::goal::down,
                                        std::max(duration{}, until - monotonic_now()));
  }
  auto told = report(up, std::vector<bool>(up.size(), false), driver::goal::up, all_up);
  auto gone = report(down, std::vector<bool>(down.size(), false), driver::goal::down, all_down);
  told.finished = told.finished && gone.finished;
  std::move(gone.targets.begin(), gone.targets.end(), std::back_inserter(told.targets));
  co_return told;
}

boost::asio::awaitable<server::answer<reload_report>> control::reload(
    std::optional<duration> wait) {
  co_await lock_configuration();
  core::targets touched;
  reload_report told;
  {
    const unlock_configuration at_the_end{configuring_, configured_};
    const auto next = co_await read_again();
    driver_.warn("last reload failed", next                          ? ""
                                       : next.error().errors.empty() ? next.error().title
                                                                     : next.error().errors.front());
    if (!next) co_return next.error();
    // What is kept is taken from the copy on the disk: an older one is no configuration to go back
    // to.
    const bool copied = co_await driver_.configuration_kept();
    if (copied && ready()) {
      auto keep = [copy = driver_.paths().config_copy, record = next->record] {
        return keep_good_config(copy, record);
      };
      const auto kept = co_await server::on_worker(driver_.workers(), std::move(keep));
      driver_.warn("rollback", kept ? "" : kept.error());
    }
    driver_.remember_scale({}, 0);
    told.steps = driver_.apply(*next->loaded.stack);
    driver_.save_configuration(next->record);
    if (options_.on_reload) options_.on_reload();
    std::set<std::string_view> names;
    for (const auto& step : told.steps) names.insert(step.service);
    touched = instances_of(driver_.engine(), names);
  }
  driver_.log(log_level::info,
              fmt::format("configuration read again: services changed: {}", told.steps.size()));
  told.warnings = put_off();
  driver_.warn("configuration", fmt::format("{}", fmt::join(told.warnings, "; ")));
  told.operation = co_await settle_change(std::move(touched), wait);
  co_return told;
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
    driver_.remember_scale(service, instances);
    driver_.apply(next);
    who = instances_of(driver_.engine(), {service});
  }
  co_return co_await settle_change(std::move(who), wait);
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
  const auto health = engine.spec(id).health;
  if (!health) {
    told.text = "no probe";
    co_return told;
  }
  auto asking = driver_.runtime(id).probe_request();
  auto request = co_await std::move(asking);
  if (!request) {
    told.healthy = false;
    told.text = request.error();
    co_return told;
  }
  auto probing = driver_.prober().probe(std::move(*request), health->timeout);
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
  boost::asio::steady_timer answered(driver_.executor(),
                                     boost::asio::steady_timer::time_point::max());
  std::size_t left = who->size();
  reactor::task_scope probes(driver_.executor());
  for (std::size_t i = 0; i < who->size(); ++i)
    probes.spawn(check_into((*who)[i], told[i], left, answered));
  const auto asker = co_await boost::asio::this_coro::cancellation_state;
  while (left != 0 && asker.cancelled() == boost::asio::cancellation_type::none)
    co_await answered.async_wait(reactor::tok);
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  probes.request_stop();  // who asked has gone, or there is none left
  co_await probes.join();
  co_return told;
}

boost::asio::awaitable<void> control::check_into(core::instance_id id, probe_report& into,
                                                 std::size_t& left,
                                                 boost::asio::steady_timer& answered) {
  auto checking = check_one(id);
  into = co_await std::move(checking);
  if (--left == 0) answered.cancel();
}

}  // namespace aurora::shell

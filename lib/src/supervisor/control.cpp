#include "supervisor/control.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include <aurora/version.hpp>

#include "config/words.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/instance_runtime.hpp"
#include "supervisor/words.hpp"

namespace aurora::shell {
namespace {

constexpr std::size_t longest_shown = 80;

problem no_such_service(const std::string& name, const core::engine& engine) {
  const bool whole = name.size() <= longest_shown;
  problem told{
      404,
      "no-such-service",
      fmt::format("there is no service \"{}{}\"", name.substr(0, longest_shown), whole ? "" : "…"),
      "",
      "",
      {}};
  std::vector<std::string_view> known;
  for (const auto id : engine.instances()) {
    known.push_back(engine.name(id));
    const auto& service = engine.spec(id).name;
    if (service != known.back() && engine.number(id) == 1) known.push_back(service);
  }
  const auto meant = config::guesser().hint(name, known);
  told.hint = meant.empty() ? "aurorctl status lists them" : meant;
  return told;
}

problem shutting_down() {
  return {503,
          "shutting-down",
          "the daemon is shutting down",
          "it starts nothing any more",
          "start it again when it is gone: aurorctl up",
          {}};
}

}  // namespace

control::control(driver& of, options how)
    : driver_(of),
      options_(std::move(how)),
      started_at_(wall_now()),
      began_(monotonic_now()),
      configured_(of.executor(), boost::asio::steady_timer::time_point::max()) {
  const auto& stack = of.engine().stack();
  as_started_.control_group = stack.control_group;
  as_started_.http_listen = stack.http_listen;
  as_started_.http_tls = stack.http_tls;
  as_started_.http_hosts = stack.http_hosts;
  as_started_.state_dir = stack.state_dir;
  as_started_.prerequisites = stack.prerequisites;
}

service_status control::status_of(core::instance_id id, instant now) {
  service_status shown;
  shown.instance = driver_.engine().status(id, now);
  shown.labels = driver_.engine().spec(id).labels;
  if (auto* runtime = driver_.find_runtime(id)) {
    shown.instance.port = runtime->port();
    shown.started_at = runtime->started_at();
    shown.last_exit_at = runtime->last_exit_at();
  }
  if (shown.instance.pid)
    shown.used = sampler_.of(id, *shown.instance.pid, shown.instance.run,
                             shown.instance.uptime.value_or(duration{}), now);
  return shown;
}

stack_status control::status() {
  const auto now = monotonic_now();
  auto& engine = driver_.engine();
  stack_status shown;
  auto& daemon = shown.daemon;
  daemon.pid = ::getpid();
  daemon.keeper_pid = options_.keeper_pid ? options_.keeper_pid : daemon.pid;
  daemon.version = aurora::version;
  daemon.name = engine.stack().name;
  daemon.started_at = started_at_;
  daemon.uptime = now - began_;
  daemon.config = options_.config_file;
  daemon.state_dir = driver_.paths().root;
  daemon.http = http_url_;
  const auto standing = options_.standing ? options_.standing() : keeper::standing::settled;
  if (standing == keeper::standing::on_trial) daemon.upgrade = "on_trial";
  if (standing == keeper::standing::gone_back) daemon.upgrade = "gone_back";
  daemon.warnings = driver_.warnings();
  daemon.restarts_today = driver_.restarts_today().at(wall_now());
  sampler_.begin_call(now);
  const auto all = engine.instances();
  shown.services.reserve(all.size());
  for (const auto id : all) shown.services.push_back(status_of(id, now));
  return shown;
}

server::answer<core::targets> control::resolve(const std::vector<std::string>& names) const {
  auto& engine = driver_.engine();
  if (names.empty()) return engine.instances();
  core::targets found;
  std::unordered_set<std::string_view> asked;
  std::set<core::instance_id> seen;
  for (const auto& name : names) {
    if (!asked.insert(name).second) continue;
    const auto some = engine.resolve(name);
    if (some.empty()) return no_such_service(name, engine);
    for (const auto id : some)
      if (seen.insert(id).second) found.push_back(id);
  }
  return found;
}

server::answer<std::vector<service_status>> control::services(
    const std::vector<std::string>& names) {
  const auto who = resolve(names);
  if (!who) return who.error();
  const auto now = monotonic_now();
  sampler_.begin_call(now);
  std::vector<service_status> shown;
  for (const auto id : *who) shown.push_back(status_of(id, now));
  return shown;
}

target_report control::report_one(core::instance_id id, bool already, driver::goal towards,
                                  bool settled) const {
  auto& engine = driver_.engine();
  target_report told;
  const auto status = engine.status(id, monotonic_now());
  told.name = status.name;
  told.state = status.state;
  const auto progress =
      towards == driver::goal::up ? engine.towards_up(id) : engine.towards_down(id);
  using result = target_report::result;
  told.what = progress == core::progress::done     ? (already ? result::already : result::done)
              : progress == core::progress::failed ? result::failed
              : settled ? result::done  // it was there; since then somebody else acts
                        : result::pending;
  if (told.what == result::failed || told.what == result::pending)
    told.detail = in_words(status.why, status.because);
  return told;
}

operation_report control::report(const core::targets& who, const std::vector<bool>& already,
                                 driver::goal towards, bool settled) const {
  operation_report told;
  told.finished = true;
  for (std::size_t i = 0; i < who.size(); ++i) {
    if (!driver_.engine().exists(who[i])) continue;
    told.targets.push_back(report_one(who[i], already[i], towards, settled));
    if (told.targets.back().what == target_report::result::pending) told.finished = false;
  }
  return told;
}

boost::asio::awaitable<server::answer<operation_report>> control::operate(
    server::verb what, std::vector<std::string> names, std::optional<duration> wait) {
  const auto who = resolve(names);
  if (!who) co_return who.error();
  auto& engine = driver_.engine();
  if (engine.shutting_down() && what != server::verb::stop) co_return shutting_down();
  const auto towards = what == server::verb::stop ? driver::goal::down : driver::goal::up;
  std::vector<bool> already;
  for (const auto id : *who) {
    const auto before =
        towards == driver::goal::up ? engine.towards_up(id) : engine.towards_down(id);
    already.push_back(what != server::verb::restart && before == core::progress::done);
  }
  core::engine_event event = core::event::start{*who};
  if (what == server::verb::stop) event = core::event::stop{*who};
  if (what == server::verb::restart) event = core::event::restart{*who};
  driver_.post(std::move(event));
  bool settled = false;
  if (wait) settled = co_await driver_.settled(*who, towards, wait);
  // Who was cancelled meanwhile still tells what was done.
  const auto asked = co_await boost::asio::this_coro::cancellation_state;
  if (asked.cancelled() == boost::asio::cancellation_type::none) co_await driver_.wishes_kept();
  co_return report(*who, already, towards, settled);
}

server::answer<void> control::signal(const std::string& name, int number) {
  const auto who = resolve({name});
  if (!who) return who.error();
  bool sent = false;
  for (const auto id : *who)
    if (auto* runtime = driver_.find_runtime(id); runtime && runtime->process()) {
      runtime->send_signal({id, driver_.engine().run_of(id), number, core::command::reach::main});
      driver_.log(log_level::info, fmt::format("{}: sent {} as asked", driver_.engine().name(id),
                                               signal_name(number)));
      sent = true;
    }
  if (!sent)
    return problem{409,
                   "not-running",
                   fmt::format("\"{}\" has no process to signal", name),
                   "",
                   fmt::format("aurorctl start {}", name),
                   {}};
  return {};
}

boost::asio::awaitable<server::answer<upgrade_report>> control::upgrade() {
  return options_.on_upgrade();
}

void control::shutdown() { options_.on_shutdown(false); }
void control::force_shutdown() { options_.on_shutdown(true); }

service_graph control::graph() {
  auto& engine = driver_.engine();
  service_graph drawn;
  const auto now = monotonic_now();
  for (const auto& service : engine.stack().services) {
    const auto instances = engine.resolve(service.name);
    if (instances.empty()) continue;
    const auto status = engine.status(instances.front(), now);
    drawn.nodes.push_back({service.name, status.state, status.health});
    const auto waits = engine.waits_for(instances.front());
    for (const auto& on : service.depends_on) {
      const char* condition = on.condition == dependency_condition::ready     ? "ready"
                              : on.condition == dependency_condition::started ? "started"
                                                                              : "completed";
      drawn.edges.push_back({service.name, on.service, condition, on.required, on.restart,
                             std::find(waits.begin(), waits.end(), on.service) == waits.end()});
    }
  }
  return drawn;
}

std::vector<journal_entry> control::events(std::uint64_t since, std::size_t most) {
  return driver_.entries().after(since, most);
}

bool control::ready() {
  auto& engine = driver_.engine();
  const auto now = monotonic_now();
  for (const auto id : engine.instances()) {
    const auto status = engine.status(id, now);
    if (status.desired == desired_state::up && engine.towards_up(id) != core::progress::done)
      return false;
    if (status.desired == desired_state::up && status.health == health::unhealthy) return false;
  }
  return true;
}

server::answer<std::vector<server::log_source>> control::logs(
    const std::vector<std::string>& names) {
  const auto who = resolve(names);
  if (!who) return who.error();
  std::vector<server::log_source> found;
  for (const auto id : *who) {
    auto& engine = driver_.engine();
    if (engine.spec(id).type == service_type::external) continue;
    auto* channel = driver_.runtime(id).log();
    if (!channel) continue;
    channel->drain();
    found.push_back({engine.name(id), channel->path(), channel->bytes()});
    if (auto* err = channel->separate_stderr())
      found.push_back(
          {engine.name(id) + std::string(stderr_log_suffix), err->path(), err->bytes()});
  }
  return found;
}

std::shared_ptr<void> control::follow(const std::string& instance, log_sink sink) {
  // No service is called what the separate stderr of another is: the loader refuses that.
  auto id = driver_.engine().find(instance);
  const bool separate = !id && instance.ends_with(stderr_log_suffix);
  if (separate)
    id = driver_.engine().find(instance.substr(0, instance.size() - stderr_log_suffix.size()));
  if (!id) return nullptr;
  auto* channel = driver_.runtime(*id).log();
  if (channel && separate) channel = channel->separate_stderr();
  return channel ? channel->tap(std::move(sink)) : nullptr;
}

}  // namespace aurora::shell

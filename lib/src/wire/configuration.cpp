#include "wire/configuration.hpp"

#include <limits>

#include <fmt/format.h>

namespace aurora::wire {
namespace {

using namespace std::chrono;

/// As the configuration would have it: "250ms", "90s", "5m".
std::string text_of(duration span) {
  const auto whole = [&](auto unit) { return span % unit == duration{}; };
  if (span == duration{}) return "0s";
  if (whole(hours(1))) return fmt::format("{}h", duration_cast<hours>(span).count());
  if (whole(minutes(1))) return fmt::format("{}m", duration_cast<minutes>(span).count());
  if (whole(seconds(1))) return fmt::format("{}s", duration_cast<seconds>(span).count());
  if (whole(milliseconds(1))) return fmt::format("{}ms", duration_cast<milliseconds>(span).count());
  return fmt::format("{}s", std::chrono::duration<double>(span).count());
}

std::string_view word(service_type type) {
  switch (type) {
    case service_type::service:
      return "service";
    case service_type::oneshot:
      return "oneshot";
    case service_type::external:
      break;
  }
  return "external";
}

std::string_view word(restart_policy policy) {
  switch (policy) {
    case restart_policy::always:
      return "always";
    case restart_policy::on_failure:
      return "on-failure";
    case restart_policy::never:
      break;
  }
  return "never";
}

std::string_view word(dependency_condition condition) {
  switch (condition) {
    case dependency_condition::ready:
      return "ready";
    case dependency_condition::started:
      return "started";
    case dependency_condition::completed:
      break;
  }
  return "completed";
}

class definition {
 public:
  definition(json_writer& to, const instance_configuration& of, const core::masker& secrets)
      : to_(to), of_(of), secrets_(secrets) {}

  void write() {
    const auto& is = of_.spec;
    to_.begin_object().field("type", word(is.type));
    command("command", is.command);
    to_.field("working_dir", secrets_.text(is.working_dir));
    env_files();
    if (is.virtualenv) to_.field("virtualenv", *is.virtualenv);
    if (is.user) to_.field("user", *is.user);
    if (is.group) to_.field("group", *is.group);
    to_.field("umask", fmt::format("{:03o}", is.umask)).field("nice", is.nice);
    limits(is.limits);
    if (is.port) to_.field("port", *is.port);
    to_.field("instances", is.instances).field("autostart", is.autostart);
    depends_on();
    restart(is.restart);
    std::visit([this](const auto& how) { ready(how); }, is.ready);
    span("start_timeout", is.start_timeout);
    if (is.health) health(*is.health);
    stop(is.stop);
    hooks(is.hooks);
    if (is.watch) watch(*is.watch);
    logs(is.logs);
    to_.field("critical", is.critical);
    labels();
    to_.end_object();
  }

 private:
  void span(std::string_view key, duration value) { to_.field(key, text_of(value)); }

  std::string closed(const templated& text) const {
    return secrets_.text(core::expand(text, of_.own));
  }

  void command(std::string_view key, const argv_template& what) {
    if (what.empty()) return;
    const auto arguments = core::expand(what, of_.own);
    to_.strings(key, secrets_.arguments(arguments));
  }

  void env_files() {
    to_.key("env_files").begin_array();
    for (const auto& layer : of_.spec.env)
      if (const auto* file = std::get_if<env_file>(&layer)) to_.value(file->path);
    to_.end_array();
  }

  void limits(const limits_spec& is) {
    to_.key("limits").begin_object();
    if (is.nofile) to_.field("nofile", *is.nofile);
    if (is.core && is.core->value == std::numeric_limits<std::uint64_t>::max()) {
      to_.field("core", "unlimited");
    } else if (is.core) {
      to_.field("core", is.core->value);
    }
    if (is.memory) to_.field("memory", is.memory->value);
    if (is.cpu) to_.key("cpu").decimal(*is.cpu, 3);
    if (is.tasks) to_.field("tasks", *is.tasks);
    to_.end_object();
  }

  void depends_on() {
    to_.key("depends_on").begin_object();
    for (const auto& on : of_.spec.depends_on) {
      to_.any_key(on.service).begin_object().field("condition", word(on.condition));
      to_.field("restart", on.restart).field("required", on.required).end_object();
    }
    to_.end_object();
  }

  void restart(const restart_spec& is) {
    to_.key("restart").begin_object().field("policy", word(is.policy));
    span("delay", is.delay);
    to_.key("factor").decimal(is.factor, 3);
    span("max_delay", is.max_delay);
    to_.key("jitter").decimal(is.jitter, 3).field("limit", is.limit);
    span("window", is.window);
    span("reset_after", is.reset_after);
    to_.key("success_codes").begin_array();
    for (const int code : is.success_codes) to_.value(code);
    to_.end_array().end_object();
  }

  // Readiness by the first probe, or by the exec, is what no key says.
  void ready(const ready_on_exec&) {}
  void ready(const ready_on_probe&) {}
  void ready(const ready_on_notify&) {
    to_.key("ready").begin_object().field("notify", true).end_object();
  }
  void ready(const ready_on_log& on) {
    to_.key("ready").begin_object().field("log", secrets_.text(on.pattern)).end_object();
  }
  void ready(const ready_on_fd& on) {
    to_.key("ready").begin_object().field("fd", on.fd).end_object();
  }
  void ready(const ready_on_delay& on) {
    to_.key("ready").begin_object();
    span("delay", on.delay);
    to_.end_object();
  }

  void probe(const http_probe& how) {
    to_.field("http", closed(how.url)).field("method", how.method);
    std::string ranges;
    for (const auto& range : how.status) {
      if (!ranges.empty()) ranges += ',';
      ranges += range.first == range.last ? fmt::format("{}", range.first)
                                          : fmt::format("{}-{}", range.first, range.last);
    }
    to_.field("status", ranges);
    if (!how.body.empty()) to_.field("body", secrets_.text(how.body));
    to_.key("headers").begin_object();
    for (const auto& [name, value] : how.headers)
      to_.any_key(name).value(secrets_.value(name, core::expand(value, of_.own)));
    to_.end_object().field("tls_verify", how.tls_verify);
  }
  void probe(const tcp_probe& how) { to_.field("tcp", closed(how.address)); }
  void probe(const exec_probe& how) { command("exec", how.command); }

  void health(const health_spec& is) {
    to_.key("health").begin_object();
    std::visit([this](const auto& how) { probe(how); }, is.probe);
    span("interval", is.interval);
    span("timeout", is.timeout);
    to_.field("retries", is.retries).field("successes", is.successes);
    span("start_interval", is.start_interval);
    span("start_period", is.start_period);
    to_.field("on_failure", is.on_failure == on_unhealthy::restart ? "restart" : "alert");
    to_.end_object();
  }

  void stop(const stop_spec& is) {
    to_.key("stop").begin_object().field("signal", signal_name(is.signal));
    span("timeout", is.timeout);
    to_.field("to", is.to == signal_scope::group ? "group" : "main");
    command("command", is.command);
    to_.end_object();
  }

  void hooks(const hooks_spec& is) {
    to_.key("hooks").begin_object();
    command("pre_start", is.pre_start);
    command("post_start", is.post_start);
    command("pre_stop", is.pre_stop);
    command("post_stop", is.post_stop);
    to_.end_object();
  }

  void watch(const watch_spec& is) {
    to_.key("watch").begin_object().strings("paths", is.paths).strings("ignore", is.ignore);
    span("debounce", is.debounce);
    to_.end_object();
  }

  void logs(const logs_spec& is) {
    to_.key("logs").begin_object().field("max_size", is.max_size.value).field("keep", is.keep);
    to_.field("compress", is.compress);
    to_.field("stderr", is.err == stderr_mode::merged ? "merged" : "separate").end_object();
  }

  void labels() {
    to_.key("labels").begin_object();
    for (const auto& [name, value] : of_.spec.labels)
      to_.any_key(name).value(secrets_.value(name, value));
    to_.end_object();
  }

  json_writer& to_;
  const instance_configuration& of_;
  const core::masker& secrets_;
};

void write_environment(json_writer& to, const instance_configuration& of,
                       const core::masker& secrets) {
  to.key("environment").begin_array();
  for (const auto& each : of.environment) {
    const auto shown = secrets.value(each.name, each.value);
    to.begin_object().field("name", each.name).field("value", shown);
    to.field("masked", shown != each.value).field("from", each.from).end_object();
  }
  to.end_array();
  if (!of.environment_fault.empty())
    to.field("environment_fault", secrets.text(of.environment_fault));
}

/// Knows the secrets of the environment, wherever else their values stand.
core::masker secrets_of(const instance_configuration& of) {
  core::masker secrets;
  for (const auto& each : of.environment) secrets.learn(each.name, each.value);
  for (const auto& layer : of.spec.env)
    if (const auto* variables = std::get_if<env_vars>(&layer))
      for (const auto& [name, value] : *variables) secrets.learn(name, core::expand(value, of.own));
  return secrets;
}

}  // namespace

void write_definition(json_writer& to, const instance_configuration& of,
                      const core::masker& secrets) {
  definition(to, of, secrets).write();
}

std::string to_json(const std::vector<instance_configuration>& all) {
  std::string out;
  json_writer to(out);
  to.begin_object().key("services").begin_array();
  for (const auto& each : all) {
    const auto secrets = secrets_of(each);
    to.begin_object().field("name", each.name).field("service", each.spec.name);
    to.key("configuration");
    write_definition(to, each, secrets);
    write_environment(to, each, secrets);
    to.end_object();
  }
  to.end_array().end_object();
  return out;
}

}  // namespace aurora::wire

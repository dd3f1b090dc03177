#include "wire/answers.hpp"

#include "core/secrets.hpp"

namespace aurora::wire {
namespace {

void write_exit(json_writer& to, const exit_status& status) {
  using kind = exit_status::kind;
  to.key("code");
  if (status.how == kind::exited) {
    to.value(status.code);
  } else {
    to.null();
  }
  to.key("signal");
  if (status.how == kind::signaled) {
    to.value(signal_name(status.signal));
  } else {
    to.null();
  }
}

void write_cause(json_writer& to, const exit_status& status) {
  to.key("cause");
  if (status.why == exit_status::cause::oom) {
    to.value("oom");
  } else if (status.why == exit_status::cause::unattended) {
    to.value("unattended");
  } else {
    to.null();
  }
}

void write_evidence(json_writer& to, const evidence& because) {
  to.key("because").begin_object().key("exit");
  if (because.exit) {
    to.begin_object();
    write_exit(to, *because.exit);
    to.field("core_dumped", because.exit->core_dumped);
    write_cause(to, *because.exit);
    to.end_object();
  } else {
    to.null();
  }
  to.field("text", because.text).field("dependency", because.dependency);
  to.key("delay_seconds").seconds(because.delay);
  to.field("count", because.count).field("limit", because.limit).end_object();
}

void write_last_exit(json_writer& to, const service_status& service) {
  to.key("last_exit");
  if (!service.instance.last_exit) {
    to.null();
    return;
  }
  to.begin_object();
  write_exit(to, *service.instance.last_exit);
  to.field("at", service.last_exit_at);
  write_cause(to, *service.instance.last_exit);
  to.end_object();
}

void write_labels(json_writer& to, const std::map<std::string, std::string>& labels) {
  const core::masker secrets;
  to.key("labels").begin_object();
  for (const auto& [name, value] : labels) to.any_key(name).value(secrets.value(name, value));
  to.end_object();
}

void write(json_writer& to, const daemon_status& daemon) {
  to.begin_object();
  to.field("pid", daemon.pid).field("keeper_pid", daemon.keeper_pid);
  to.field("version", daemon.version).field("name", daemon.name);
  to.field("started_at", daemon.started_at).key("uptime_seconds").seconds(daemon.uptime);
  to.field("config", daemon.config).field("state_dir", daemon.state_dir);
  to.key("http");
  if (daemon.http.empty()) {
    to.null();
  } else {
    to.value(daemon.http);
  }
  if (!daemon.upgrade.empty()) to.field("upgrade", daemon.upgrade);
  if (!daemon.warnings.empty()) to.strings("warnings", daemon.warnings);
  if (daemon.restarts_today > 0) to.field("restarts_today", daemon.restarts_today);
  to.end_object();
}

}  // namespace

void write(json_writer& to, const service_status& service) {
  const instance_status& is = service.instance;
  to.begin_object();
  to.field("name", is.name).field("service", is.service).field("instance", is.instance);
  to.field("state", to_string(is.state)).field("desired", to_string(is.desired));
  to.field("health", to_string(is.health)).field("pid", is.pid).field("port", is.port);
  to.field("started_at", service.started_at).key("uptime_seconds").seconds(is.uptime);
  to.field("restarts", is.restarts).key("next_start_in_seconds").seconds(is.next_start_in);
  write_last_exit(to, service);
  to.field("reason", to_string(is.why)).strings("depends_on", is.depends_on);
  to.key("cpu_percent");
  if (service.used.cpu_percent) {
    to.decimal(*service.used.cpu_percent, 2);
  } else {
    to.null();
  }
  to.field("memory_bytes", service.used.memory_bytes);
  if (is.because != evidence{}) write_evidence(to, is.because);
  if (!is.status_text.empty()) to.field("status_text", is.status_text);
  if (!service.labels.empty()) write_labels(to, service.labels);
  to.end_object();
}

void write(json_writer& to, const stack_status& stack) {
  to.begin_object().key("daemon");
  write(to, stack.daemon);
  to.key("services").begin_array();
  for (const auto& service : stack.services) write(to, service);
  to.end_array().end_object();
}

void write_members(json_writer& to, const journal_entry& entry) {
  to.field("sequence", entry.sequence).field("at", entry.at).field("instance", entry.instance);
  to.field("from", to_string(entry.from)).field("to", to_string(entry.to));
  to.field("reason", to_string(entry.why)).field("health", to_string(entry.health));
  to.field("run", entry.run).field("pid", entry.pid);
  write_evidence(to, entry.because);
}

std::string to_json(const stack_status& stack) {
  std::string out;
  out.reserve(512 + stack.services.size() * 512);
  json_writer to(out);
  write(to, stack);
  return out;
}

std::string to_json(const std::vector<service_status>& services) {
  std::string out;
  json_writer to(out);
  to.begin_object().key("services").begin_array();
  for (const auto& service : services) write(to, service);
  to.end_array().end_object();
  return out;
}

std::string to_json(const std::vector<journal_entry>& entries) {
  std::string out;
  out.reserve(64 + entries.size() * 320);
  json_writer to(out);
  to.begin_object().key("events").begin_array();
  for (const auto& entry : entries) {
    to.begin_object();
    write_members(to, entry);
    to.end_object();
  }
  to.end_array().end_object();
  return out;
}

}  // namespace aurora::wire

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <aurora/exit_status.hpp>

#include "convert/outgoing.hpp"
#include "quoting.hpp"

namespace aurora::ctl::convert {
namespace {

namespace json = boost::json;

constexpr const char* any_image = "debian:12-slim";

json::array list_of(const std::vector<std::string>& words) {
  json::array list;
  for (const auto& word : words) list.emplace_back(word);
  return list;
}

std::string image_of(const service_spec& of, losses& lost) {
  const auto label = of.labels.find("image");
  if (label != of.labels.end()) return label->second;
  lost.add(of, "command", "the image that the program is in is not known",
           std::string("\"labels\": {\"image\": …}; ") + any_image + " stands there now");
  return any_image;
}

void tell_containers(const service_spec& of, losses& lost) {
  tell_common(of, lost);
  const service_spec plain;
  if (of.hooks != plain.hooks)
    lost.add(of, "hooks", "a container has none of the kind", "an entrypoint that does all");
  if (of.logs != plain.logs)
    lost.add(of, "logs", "logs are kept by who runs the container", "its logging driver");
  if (of.umask != plain.umask)
    lost.add(of, "umask", "it is that of the image", "umask in the command");
  if (of.nice != 0) lost.add(of, "nice", "it cannot be set there", "limits of the CPU");
  if (!of.stop.command.empty())
    lost.add(of, "stop.command", "a container is stopped by a signal", "\"stop\": {\"signal\": …}");
  const bool seen = std::holds_alternative<ready_on_exec>(of.ready) ||
                    std::holds_alternative<ready_on_probe>(of.ready);
  if (!seen) lost.add(of, "ready", "only a probe tells there that it is ready", "\"health\"");
}

/// For compose `$` begins a variable.
json::value for_compose(const json::value& value) {
  if (const auto* text = value.if_string()) return json::value(doubled(*text, '$'));
  if (const auto* list = value.if_array()) {
    json::array out;
    for (const auto& item : *list) out.push_back(for_compose(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    json::object out;
    for (const auto& member : *object) out[member.key()] = for_compose(member.value());
    return out;
  }
  return value;
}

std::string seconds_of(duration span) {
  return fmt::format("{}s", std::max(whole_seconds(span), 1LL));
}

json::object compose_health(const outgoing& one, const health_spec& health, losses& lost) {
  json::object check;
  if (const auto* exec = std::get_if<exec_probe>(&health.probe)) {
    json::array test{"CMD"};
    for (const auto& word : one.words(exec->command)) test.emplace_back(word);
    check["test"] = std::move(test);
  } else if (const auto* http = std::get_if<http_probe>(&health.probe)) {
    check["test"] =
        json::array{"CMD", "curl", "-fsS", "-o", "/dev/null", json::value(one.text(http->url))};
    lost.add(one.spec(), "health.http", "a check there is a command",
             "curl in the image, which stands there now");
  } else {
    const auto address = one.text(std::get<tcp_probe>(health.probe).address);
    const auto colon = address.rfind(':');
    check["test"] = json::array{"CMD", "nc", "-z", json::value(address.substr(0, colon)),
                                json::value(address.substr(colon + 1))};
    lost.add(one.spec(), "health.tcp", "a check there is a command",
             "nc in the image, which stands there now");
  }
  check["interval"] = seconds_of(health.interval);
  check["timeout"] = seconds_of(health.timeout);
  check["retries"] = health.retries;
  check["start_period"] = seconds_of(std::max(health.start_period, one.spec().start_timeout));
  if (health.on_failure == on_unhealthy::restart)
    lost.add(one.spec(), "health.on_failure", "docker restarts nothing that is unhealthy", "none");
  return check;
}

json::object compose_dependencies(const stack_spec& stack, const service_spec& of) {
  json::object all;
  for (const auto& wanted : of.depends_on) {
    const auto* found = service_named(stack, wanted.service);
    if (found == nullptr || found->type == service_type::external) continue;
    const bool once =
        wanted.condition == dependency_condition::completed || found->type == service_type::oneshot;
    const bool healthy = wanted.condition == dependency_condition::ready && found->health;
    json::object edge{{"condition", once      ? "service_completed_successfully"
                                    : healthy ? "service_healthy"
                                              : "service_started"}};
    if (wanted.restart) edge["restart"] = true;
    if (!wanted.required) edge["required"] = false;
    all[wanted.service] = std::move(edge);
  }
  return all;
}

json::object compose_service(const stack_spec& stack, const service_spec& of, losses& lost) {
  const outgoing one(of, 1);
  json::object to{{"image", image_of(of, lost)}};
  to["entrypoint"] = list_of(one.words(of.command));
  to["working_dir"] = of.working_dir;
  json::object env;
  for (const auto& [name, value] : one.variables()) {
    if (of.instances == 1 || name != "AURORA_INSTANCE") env[name] = value;
  }
  if (!env.empty()) to["environment"] = std::move(env);
  if (const auto files = one.env_files(); !files.empty()) to["env_file"] = list_of(files);
  if (of.user) to["user"] = *of.user + (of.group ? ":" + *of.group : "");
  if (one.port() != 0)
    to["ports"] = json::array{json::value(fmt::format("127.0.0.1:{0}:{0}", one.port()))};
  if (of.instances > 1) {
    to["deploy"] = json::object{{"replicas", of.instances}};
    to.erase("ports");
    lost.add(of, "instances", "replicas share one port and one number", "a proxy before them");
  }
  const bool failure = of.restart.policy == restart_policy::on_failure;
  to["restart"] =
      of.restart.policy == restart_policy::never || (of.type == service_type::oneshot && !failure)
          ? "no"
      : !failure
          ? "unless-stopped"
          : "on-failure" + (of.restart.limit > 0 ? ":" + std::to_string(of.restart.limit) : "");
  if (auto wanted = compose_dependencies(stack, of); !wanted.empty())
    to["depends_on"] = std::move(wanted);
  if (of.health) to["healthcheck"] = compose_health(one, *of.health, lost);
  to["stop_signal"] = signal_name(of.stop.signal);
  to["stop_grace_period"] = seconds_of(of.stop.timeout);
  to["init"] = true;
  if (of.limits.memory) to["mem_limit"] = of.limits.memory->value;
  if (of.limits.cpu) to["cpus"] = *of.limits.cpu;
  if (of.limits.tasks) to["pids_limit"] = *of.limits.tasks;
  if (of.limits.nofile) to["ulimits"] = json::object{{"nofile", *of.limits.nofile}};
  if (!of.autostart) to["profiles"] = json::array{"manual"};
  json::object labels;
  for (const auto& [key, value] : of.labels) labels[key] = value;
  if (!labels.empty()) to["labels"] = std::move(labels);
  tell_containers(of, lost);
  return for_compose(to).as_object();
}

/// A DNS label: lower case, digits and `-`.
std::string dns_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    out += upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  if (!out.empty() && out.front() >= '0' && out.front() <= '9') out = "s" + out.substr(0, 62);
  return out;
}

/// `$(NAME)` is filled in there, in commands and in variables.
std::string unfilled(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text.compare(i, 2, "$(") == 0 ? std::string("$$") : std::string(1, text[i]);
  }
  return out;
}

json::array unfilled(const std::vector<std::string>& words) {
  json::array list;
  for (const auto& word : words) list.emplace_back(unfilled(word));
  return list;
}

json::object probe_of(const outgoing& one, const health_spec& health, losses& lost) {
  json::object probe;
  if (const auto* exec = std::get_if<exec_probe>(&health.probe)) {
    probe["exec"] = json::object{{"command", list_of(one.words(exec->command))}};
  } else if (const auto* http = std::get_if<http_probe>(&health.probe)) {
    std::string url = one.text(http->url);
    const bool tls = url.starts_with("https://");
    url.erase(0, tls ? 8 : 7);
    const auto slash = std::min(url.find('/'), url.size());
    const auto colon = url.rfind(':', slash);
    const int port = colon == std::string::npos
                         ? (tls ? 443 : 80)
                         : std::atoi(url.substr(colon + 1, slash - colon - 1).c_str());
    json::object get{{"path", slash < url.size() ? url.substr(slash) : "/"}, {"port", port}};
    if (tls) get["scheme"] = "HTTPS";
    probe["httpGet"] = std::move(get);
    if (!http->body.empty())
      lost.add(one.spec(), "health.body", "a probe there looks at the status only",
               "an exec probe");
  } else {
    const auto address = one.text(std::get<tcp_probe>(health.probe).address);
    probe["tcpSocket"] =
        json::object{{"port", std::atoi(address.substr(address.rfind(':') + 1).c_str())}};
  }
  probe["periodSeconds"] = std::max(whole_seconds(health.interval), 1LL);
  probe["timeoutSeconds"] = std::max(whole_seconds(health.timeout), 1LL);
  probe["failureThreshold"] = std::max(health.retries, 1U);
  return probe;
}

json::object container_of(const service_spec& of, losses& lost) {
  const outgoing one(of, 1);
  json::object to{{"name", dns_name(of.name)}, {"image", image_of(of, lost)}};
  to["command"] = unfilled(one.words(of.command));
  to["workingDir"] = of.working_dir;
  json::array env;
  for (const auto& [name, value] : one.variables()) {
    if (of.instances == 1 || name != "AURORA_INSTANCE")
      env.emplace_back(json::object{{"name", name}, {"value", unfilled(value)}});
  }
  to["env"] = std::move(env);
  if (one.port() != 0) to["ports"] = json::array{json::object{{"containerPort", one.port()}}};
  json::object most;
  if (of.limits.memory) most["memory"] = std::to_string(of.limits.memory->value);
  if (of.limits.cpu) most["cpu"] = fmt::format("{:.0f}m", *of.limits.cpu * 1000);
  if (!most.empty()) to["resources"] = json::object{{"limits", std::move(most)}};
  if (of.health) {
    auto probe = probe_of(one, *of.health, lost);
    to["readinessProbe"] = probe;
    json::object start = probe;
    start["periodSeconds"] = 1;
    start["failureThreshold"] = std::max(whole_seconds(of.start_timeout), 1LL);
    to["startupProbe"] = std::move(start);
    if (of.health->on_failure == on_unhealthy::restart) to["livenessProbe"] = std::move(probe);
  }
  return to;
}

void tell_cluster(const service_spec& of, losses& lost) {
  tell_containers(of, lost);
  const service_spec plain;
  if (!outgoing(of, 1).env_files().empty())
    lost.add(of, "env_files", "files of this machine are not there",
             "a ConfigMap or Secret, and envFrom");
  if (!of.depends_on.empty())
    lost.add(of, "depends_on", "all start at once",
             "an init container that waits; readiness of the other");
  if (of.user || of.group)
    lost.add(of, "user", "accounts are numbers there", "securityContext.runAsUser");
  if (of.stop.signal != plain.stop.signal)
    lost.add(of, "stop.signal", "it is that of the image", "STOPSIGNAL in the image");
  if (of.limits.nofile || of.limits.tasks || of.limits.core)
    lost.add(of, "limits", "only memory and CPU are limited there", "ulimit in the command");
  if (of.restart.policy != restart_policy::always && of.type == service_type::service)
    lost.add(of, "restart.policy", "a Deployment always restarts", "a Job");
  if (!of.autostart)
    lost.add(of, "autostart", "it is started once it is applied", "\"replicas\": 0");
}

json::object manifest_of(const service_spec& of, losses& lost) {
  const std::string name = dns_name(of.name);
  const json::object labels{{"app.kubernetes.io/name", name}};
  json::object pod{
      {"containers", json::array{container_of(of, lost)}},
      {"terminationGracePeriodSeconds", std::max(whole_seconds(of.stop.timeout), 1LL)}};
  const bool once = of.type == service_type::oneshot;
  if (once)
    pod["restartPolicy"] = of.restart.policy == restart_policy::never ? "Never" : "OnFailure";
  const json::object meta{{"name", name}, {"labels", labels}};
  json::object spec{{"template", json::object{{"metadata", json::object{{"labels", labels}}},
                                              {"spec", std::move(pod)}}}};
  if (once) {
    spec["backoffLimit"] = of.restart.policy == restart_policy::never ? 0U : of.restart.limit;
  } else {
    spec["replicas"] = of.instances;
    spec["selector"] = json::object{{"matchLabels", labels}};
  }
  tell_cluster(of, lost);
  return {{"apiVersion", once ? "batch/v1" : "apps/v1"},
          {"kind", once ? "Job" : "Deployment"},
          {"metadata", meta},
          {"spec", std::move(spec)}};
}

}  // namespace

exported export_compose(const stack_spec& stack) {
  exported result;
  losses lost(stack);
  json::object services;
  for (const auto& service : stack.services) {
    if (service.type == service_type::external) {
      lost.add(service, "type", "what runs elsewhere is no container", "none is needed");
    } else {
      services[service.name] = compose_service(stack, service, lost);
    }
  }
  const json::object all{{"name", dns_name(stack.name)}, {"services", std::move(services)}};
  result.files.emplace_back("compose.yaml", yaml_text(all));
  result.lost = std::move(lost.all);
  return result;
}

exported export_kubernetes(const stack_spec& stack) {
  exported result;
  losses lost(stack);
  for (const auto& service : stack.services) {
    if (service.type == service_type::external) {
      lost.add(service, "type", "what runs elsewhere is no pod",
               "a Service of the type ExternalName");
      continue;
    }
    std::string text = yaml_text(manifest_of(service, lost));
    if (const auto port = outgoing(service, 1).port(); port != 0) {
      const std::string name = dns_name(service.name);
      const json::object door{
          {"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", json::object{{"name", name}}},
          {"spec", json::object{{"selector", json::object{{"app.kubernetes.io/name", name}}},
                                {"ports", json::array{json::object{{"port", port},
                                                                   {"targetPort", port}}}}}}};
      text += "---\n" + yaml_text(door);
    }
    result.files.emplace_back(dns_name(service.name) + ".yaml", std::move(text));
  }
  result.lost = std::move(lost.all);
  return result;
}

}  // namespace aurora::ctl::convert

#include "config/resolve.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace aurora::config {
namespace {

/// The place of the value at the end of a path of keys; nothing: not given.
std::optional<position> find_key(const std::optional<node>& from, std::string_view path) {
  if (!from || !from->is(json_kind::object)) return std::nullopt;
  const auto dot = path.find('.');
  const auto name = path.substr(0, dot);
  std::optional<node> found;
  from->for_each_member([&](node key, node value) {
    if (!found && key.text() == name) found = value;
  });
  if (!found) return std::nullopt;
  if (dot == std::string_view::npos) return found->at();
  return find_key(found, path.substr(dot + 1));
}

class resolver {
 public:
  resolver(reader& in, const stack_draft& stack, service_draft& service)
      : in_(in), stack_(stack), service_(service) {}

  void run() {
    if (service_.working_dir.empty()) service_.working_dir = in_.directory;
    check_command();
    place_virtualenv();
    layer_environment();
    resolve_health();
    resolve_ready();
    check_port();
    for (auto& each : service_.dependencies.items) service_.depends_on.push_back(each);
  }

 private:
  bool owns(std::string_view path) const { return owns_key(service_, path); }

  void fault(std::string_view path, std::string message, std::string hint) {
    std::string key = fmt::format("services.{}", service_.name);
    if (!path.empty()) key += fmt::format(".{}", path);
    in_.fault_at(locate_key(service_, stack_.defaults, path), std::move(key), std::move(message),
                 std::move(hint));
  }

  void check_command() {
    const bool external = service_.type == service_type::external;
    if (external && owns("command")) {
      fault("command", "an external service is probed and never started", "leave it out");
    } else if (!external && !service_.has_command && !misspelt_command()) {
      fault("", "the command is missing", "add \"command\": [\"program\", \"argument\"]");
    }
    if (external) service_.command.clear();
  }

  /// A key that was told as unknown, with "command" as what was meant: the fault is told already.
  bool misspelt_command() {
    std::vector<std::string_view> names;
    for (const auto* each : service_section().keys) names.push_back(each->name);
    const auto meant = [&](const std::optional<node>& object) {
      bool found = false;
      if (!object || !object->is(json_kind::object)) return found;
      object->for_each_member([&](node name, node) {
        const auto known = std::find(names.begin(), names.end(), name.text()) != names.end();
        found = found ||
                (!known && in_.guess(name.text(), names).find("\"command\"") != std::string::npos);
      });
      return found;
    };
    return meant(service_.own) || meant(stack_.defaults);
  }

  void place_virtualenv() {
    const auto& chosen = service_.venv ? service_.venv : stack_.virtualenv;
    if (chosen && !chosen->empty()) service_.virtualenv = chosen;
  }

  void layer_environment() {
    const auto files = [&](const std::vector<std::string>& paths) {
      for (const auto& path : paths) service_.env.emplace_back(env_file{path});
    };
    files(stack_.env_files);
    if (!stack_.variables.empty()) service_.env.emplace_back(stack_.variables);
    files(service_.env_files);
    if (!service_.variables.empty()) service_.env.emplace_back(std::move(service_.variables));
  }

  void resolve_health() {
    const bool oneshot = service_.type == service_type::oneshot;
    if (oneshot) {
      if (owns("health")) {
        fault("health", "a oneshot ends and cannot be probed",
              "leave it out, or make it a service");
      }
      return;
    }
    if (!service_.checked) {
      if (service_.port) service_.health = health_spec{.probe = tcp_probe{{"127.0.0.1:${PORT}"}}};
      return;
    }
    auto& draft = *service_.checked;
    switch (draft.what) {
      case health_draft::kind::none:
        return fault("health", "says nothing of what is probed", "give one of http, tcp, exec");
      case health_draft::kind::http:
        draft.probe = static_cast<const http_probe&>(draft);
        break;
      case health_draft::kind::tcp:
        draft.probe = tcp_probe{draft.tcp};
        break;
      case health_draft::kind::exec:
        draft.probe = exec_probe{draft.exec};
        break;
    }
    service_.health = static_cast<const health_spec&>(draft);
  }

  void resolve_ready() {
    if (service_.type != service_type::service) {
      if (owns("ready")) {
        const bool oneshot = service_.type == service_type::oneshot;
        fault("ready",
              oneshot ? "a oneshot is ready when it has completed"
                      : "an external service is ready when its probe says so",
              "leave it out");
      }
      service_.readiness.reset();
    }
    if (service_.readiness) {
      service_.ready = *service_.readiness;
    } else if (service_.health) {
      service_.ready = ready_on_probe{};
    } else {
      service_.ready = ready_on_exec{};
    }
  }

  void check_port() {
    if (!service_.port) return check_port_uses();
    const unsigned last = *service_.port + service_.instances - 1;
    if (*service_.port == 0 || last <= 65535) return;
    fault("port",
          fmt::format("{} instances from port {} on would end at {}, beyond 65535",
                      service_.instances, *service_.port, last),
          fmt::format("{} at most", 65536 - service_.instances));
  }

  void check_port_uses() {
    const auto note = [&](std::string_view path, const templated& text) {
      if (!names_variable(text.text, "PORT")) return;
      fault(path, "${PORT} is used, and the service has no port",
            "add \"port\": 8080, or 0 to pick one");
    };
    const auto all = [&](std::string_view path, const argv_template& command) {
      for (const auto& each : command) note(path, each);
    };
    all("command", service_.command);
    all("stop.command", service_.stop.command);
    all("hooks.pre_start", service_.hooks.pre_start);
    all("hooks.post_start", service_.hooks.post_start);
    all("hooks.pre_stop", service_.hooks.pre_stop);
    all("hooks.post_stop", service_.hooks.post_stop);
    if (service_.health) {
      if (const auto* http = std::get_if<http_probe>(&service_.health->probe)) {
        note("health.http", http->url);
        for (const auto& [name, value] : http->headers) note("health.headers", value);
      } else if (const auto* tcp = std::get_if<tcp_probe>(&service_.health->probe)) {
        note("health.tcp", tcp->address);
      } else if (const auto* exec = std::get_if<exec_probe>(&service_.health->probe)) {
        all("health.exec", exec->command);
      }
    }
    if (service_.env.empty()) return;
    // The stack's own variables are for every service: there an instance without a port has none.
    const auto* own = std::get_if<env_vars>(&service_.env.back());
    if (own == nullptr || !owns("env")) return;
    for (const auto& [name, value] : *own) note("env", value);
  }

  reader& in_;
  const stack_draft& stack_;
  service_draft& service_;
};

}  // namespace

bool owns_key(const service_draft& service, std::string_view path) {
  return find_key(service.own, path).has_value();
}

position locate_key(const service_draft& service, const std::optional<node>& defaults,
                    std::string_view path) {
  if (path.empty()) return service.name_at.locate();
  if (const auto own = find_key(service.own, path)) return *own;
  if (const auto beneath = find_key(defaults, path)) return *beneath;
  const auto dot = path.rfind('.');
  return locate_key(service, defaults, dot == std::string_view::npos ? "" : path.substr(0, dot));
}

void resolve(reader& in, const stack_draft& stack, service_draft& service) {
  resolver(in, stack, service).run();
}

}  // namespace aurora::config

#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"

namespace aurora::config {
namespace {

using draft = service_draft;

constexpr std::array<std::pair<std::string_view, service_type>, 3> types{
    {{"service", service_type::service},
     {"oneshot", service_type::oneshot},
     {"external", service_type::external}}};

void set_command(reader& in, const node& from, const key_info&, draft& to) {
  to.has_command = true;
  if (auto command = in.read_command(from, reader::emptiness::refused)) {
    to.command = std::move(*command);
  }
}

void set_working_dir(reader& in, const node& from, const key_info&, draft& to) {
  if (auto path = in.read_path(from)) to.working_dir = std::move(*path);
}

void set_env(reader& in, const node& from, const key_info&, draft& to) {
  read_env(in, from, to.variables);
}

void set_env_files(reader& in, const node& from, const key_info&, draft& to) {
  read_env_files(in, from, to.env_files);
}

void set_virtualenv(reader& in, const node& from, const key_info&, draft& to) {
  read_virtualenv(in, from, to.venv);
}

/// A name, or a number that stays text: accounts are looked up where the service runs.
std::optional<std::string> read_account(reader& in, const node& from) {
  if (from.is(json_kind::number)) {
    const auto id = in.read_integer(from, {0, 4294967294.0});
    return id ? std::optional(std::to_string(*id)) : std::nullopt;
  }
  auto name = in.read_text(from, own_variables::refused, "a name or number");
  if (name && (name->empty() || name->find_first_of(": \t\n/") != std::string::npos)) {
    in.fault(from, fmt::format("{} is not a name of an account", quote(*name)));
    return std::nullopt;
  }
  return name;
}

void set_user(reader& in, const node& from, const key_info&, draft& to) {
  if (auto name = read_account(in, from)) to.user = std::move(*name);
}

void set_group(reader& in, const node& from, const key_info&, draft& to) {
  if (auto name = read_account(in, from)) to.group = std::move(*name);
}

void set_umask(reader& in, const node& from, const key_info&, draft& to) {
  if (from.is(json_kind::number)) {
    return in.wrong_type(from, "a string of octal digits",
                         "try \"022\"; JSON has no octal numbers");
  }
  const auto text = in.read_text(from, own_variables::refused, "a string of octal digits");
  if (!text) return;
  unsigned mask = 0;
  bool good = !text->empty() && text->size() <= 4;
  for (const char c : *text) {
    good = good && c >= '0' && c <= '7';
    mask = mask * 8 + static_cast<unsigned>(c - '0');
  }
  if (!good || mask > 0777) {
    return in.fault(from, fmt::format("{} is not a file mode mask", quote(*text)),
                    "octal digits from \"000\" to \"777\", try \"022\"");
  }
  to.umask = mask;
}

void set_watch(reader& in, const node& from, const key_info&, draft& to) {
  if (!to.watch) to.watch.emplace();
  apply(in, from, watch_section(), *to.watch);
}

void set_labels(reader& in, const node& from, const key_info&, draft& to) {
  if (!from.is(json_kind::object)) return in.wrong_type(from, "an object");
  from.for_each_member([&](node name, node value) {
    const reader::scope here(in, name.text());
    if (name.text().empty()) return in.fault(name, "the name of a label is empty");
    auto text = in.read_text(value, own_variables::refused);
    if (text) to.labels[std::string(name.text())] = std::move(*text);
  });
}

void set_dependencies(reader& in, const node& from, const key_info&, draft& to) {
  read_dependencies(in, from, to.dependencies);
}

void set_health(reader& in, const node& from, const key_info&, draft& to) {
  if (!to.checked) to.checked.emplace();
  read_health(in, from, *to.checked);
}

void set_ready(reader& in, const node& from, const key_info&, draft& to) {
  read_ready(in, from, to.readiness);
}

void set_restart(reader& in, const node& from, const key_info&, draft& to) {
  read_restart(in, from, to.restart);
}

constexpr std::string_view texts = R"("type": "array", "items": {"type": "string"})";
constexpr std::string_view account =
    R"("anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}])";

std::vector<key<draft>> process_rows() {
  return {
      special<draft>("command", "", R"("$ref": "#/$defs/command_given")",
                     "The program and its arguments, or a string that /bin/sh -c runs. "
                     "${PORT}, ${AURORA_SERVICE} and ${AURORA_INSTANCE} are the instance's own.",
                     set_command),
      word<&service_spec::type, types, draft>(
          "type", R"("service")",
          "A service runs on, a oneshot ends, an external one is probed and never started."),
      special<draft>("working_dir", R"(".")", R"("type": "string", "minLength": 1)",
                     "Directory it runs in, relative to the configuration file.", set_working_dir),
      special<draft>("env", "{}", R"("$ref": "#/$defs/env")", "Environment of its own.", set_env),
      special<draft>("env_files", "[]", texts,
                     "Files of KEY=value lines, read at each start, beneath `env`.", set_env_files),
      special<draft>("virtualenv", "", R"("type": "string")",
                     "Python virtual environment to activate; \"\" for none.", set_virtualenv),
      special<draft>("user", "", account, "Account it runs as.", set_user),
      special<draft>("group", "", account, "Group it runs as; default: the account's.", set_group),
      special<draft>("umask", R"("022")", R"("$ref": "#/$defs/umask")",
                     "File mode creation mask, in octal.", set_umask),
      field<&service_spec::nice, draft>("nice", "0", {-20, 19},
                                        "Scheduling priority; 19 yields most."),
      object<&service_spec::limits, limits_section, draft>(
          "limits", "What a process of the service may use at most."),
      field<&service_spec::port, draft>(
          "port", "", {0, 65535}, "Port it listens on, exported as PORT; 0: pick a free one."),
      field<&service_spec::instances, draft>(
          "instances", "1", {1, 1000},
          "How many run: NAME@1 … NAME@N with AURORA_INSTANCE = i and PORT = port + i - 1."),
  };
}

std::vector<key<draft>> rule_rows() {
  return {
      field<&service_spec::autostart, draft>("autostart", "true", {},
                                             "Whether it starts with the daemon."),
      special<draft>("depends_on", "[]", R"("$ref": "#/$defs/depends_on")",
                     "Services that must be there first: a list of names, or a map.",
                     set_dependencies),
      {{.name = "restart",
        .type = value_type::object,
        .doc = "When and how it is started again; a string gives the policy alone.",
        .schema = R"("$ref": "#/$defs/restart_policy")",
        .section = []() -> const section_info& { return restart_section(); }},
       set_restart},
      {{.name = "ready",
        .type = value_type::object,
        .doc = "What tells that it is ready; default: the first healthy probe, else that it runs.",
        .section = []() -> const section_info& { return ready_section(); }},
       set_ready},
      field<&service_spec::start_timeout, draft>("start_timeout", R"("60s")", {0.001, longest_time},
                                                 "Not ready by then: a failed start."),
      {{.name = "health",
        .type = value_type::object,
        .doc = "How it is probed: one of http, tcp and exec. Default: tcp on `port`, where it has "
               "one.",
        .section = []() -> const section_info& { return health_section(); }},
       set_health},
      object<&service_spec::stop, stop_section, draft>("stop", "How it is stopped."),
      object<&service_spec::hooks, hooks_section, draft>("hooks", "Commands run around it."),
      {{.name = "watch",
        .type = value_type::object,
        .doc = "Restarts it when files change.",
        .section = []() -> const section_info& { return watch_section(); }},
       set_watch},
      object<&service_spec::logs, logs_section, draft>("logs", "Where its output goes."),
      field<&service_spec::critical, draft>(
          "critical", "false", {},
          "When it fails for good the whole stack stops and aurorad exits with its code."),
      special<draft>("labels", "{}",
                     R"("type": "object", "additionalProperties": {"type": "string"})",
                     "Words of your own, shown and exported with it.", set_labels),
  };
}

std::vector<key<draft>> service_rows() {
  auto rows = process_rows();
  for (auto& row : rule_rows()) rows.push_back(row);
  return rows;
}

}  // namespace

const section<service_draft>& service_section() {
  static const section<service_draft> table("a service", "One service.", service_rows());
  return table;
}

}  // namespace aurora::config

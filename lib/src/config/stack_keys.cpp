#include <fmt/format.h>

#include "config/draft.hpp"

/// The keys of the file as a whole.
namespace aurora::config {
namespace {

using draft = stack_draft;

void set_version(reader& in, const node& from, const key_info& row, draft&) {
  in.read_integer(from, row.range);
}

void set_name(reader& in, const node& from, const key_info&, draft& to) {
  auto name = in.read_text(from, own_variables::refused);
  if (name && name->empty()) return in.fault(from, "the name is empty");
  if (name) to.name = std::move(*name);
}

void set_state_dir(reader& in, const node& from, const key_info&, draft& to) {
  if (auto path = in.read_path(from)) to.state_dir = std::move(*path);
}

void set_virtualenv(reader& in, const node& from, const key_info&, draft& to) {
  read_virtualenv(in, from, to.virtualenv);
}

void set_http(reader& in, const node& from, const key_info&, draft& to) { read_http(in, from, to); }

void set_control_group(reader& in, const node& from, const key_info&, draft& to) {
  auto name = in.read_text(from, own_variables::refused, "the name of a group");
  if (name && name->empty()) return in.fault(from, "the name of the group is empty");
  if (name) to.control_group = std::move(*name);
}

const section<draft>& control_section() {
  static const section<draft> table(
      "control", "The control socket.",
      {special<draft>("group", "", R"("type": "string", "minLength": 1)",
                      "Group that may use the control socket too (mode 0660).",
                      set_control_group)});
  return table;
}

void set_control(reader& in, const node& from, const key_info&, draft& to) {
  apply(in, from, control_section(), to);
}

const section<draft>& all_logs_section() {
  static const section<draft> table("logs", "The logs of all services together.",
                                    {field<&stack_spec::max_total_log_size, draft>(
                                        "max_total_size", "", {1024 * 1024, largest_size},
                                        "Largest size of all log files together: when it is too "
                                        "much, the rotated files written to "
                                        "longest ago are removed, a current file never.")});
  return table;
}

void set_all_logs(reader& in, const node& from, const key_info&, draft& to) {
  apply(in, from, all_logs_section(), to);
}

/// Reads one of command, file and port_free.
using wanted = std::optional<prerequisite>;

void set_wanted_command(reader& in, const node& from, const key_info&, wanted& to) {
  auto name = in.read_text(from, own_variables::refused);
  if (!name) return;
  if (name->empty()) return in.fault(from, "the name of the command is empty");
  const bool path = name->find('/') != std::string::npos;
  to = command_exists{path ? absolute_path(in.directory, *name) : *name};
}

void set_wanted_file(reader& in, const node& from, const key_info&, wanted& to) {
  if (auto path = in.read_path(from)) to = file_exists{std::move(*path)};
}

void set_wanted_port(reader& in, const node& from, const key_info& row, wanted& to) {
  const auto port = in.read_integer(from, row.range);
  if (port) to = port_free{static_cast<std::uint16_t>(*port)};
}

}  // namespace

const section<std::optional<prerequisite>>& prerequisite_section() {
  static const section<wanted> table(
      "a prerequisite", "What must be there before anything starts: one of these.",
      {special<wanted>("command", "", R"("type": "string", "minLength": 1)",
                       "A program, looked for in PATH.", set_wanted_command),
       special<wanted>("file", "", R"("type": "string", "minLength": 1)",
                       "A file, relative to the configuration file.", set_wanted_file),
       {{.name = "port_free",
         .type = value_type::integer,
         .doc = "A TCP port that nobody listens on.",
         .range = {1, 65535}},
        set_wanted_port}},
      {"command", "file", "port_free"});
  return table;
}

namespace {

void set_prerequisites(reader& in, const node& from, const key_info&, draft& to) {
  read_list(in, from, "a list of objects", [&](const node& item) {
    wanted one;
    apply(in, item, prerequisite_section(), one);
    if (one) to.prerequisites.push_back(std::move(*one));
    bool any = !item.is(json_kind::object);
    if (!any) item.for_each_member([&](node, node) { any = true; });
    if (!any) in.fault(item, "says nothing", "give one of command, file, port_free");
  });
}

void set_schema(reader& in, const node& from, const key_info&, draft&) {
  in.read_text(from, own_variables::refused);
}

std::vector<key<draft>> stack_rows() {
  constexpr std::string_view texts = R"("type": "array", "items": {"type": "string"})";
  return {
      special<draft>("$schema", "", R"("type": "string")", "For editors.", set_schema),
      {{.name = "version",
        .type = value_type::integer,
        .fallback = "1",
        .doc = "Version of this format.",
        .range = {1, 1}},
       set_version},
      special<draft>("name", "", R"("type": "string", "minLength": 1)",
                     "Name of the stack; default: the directory's.", set_name),
      special<draft>("include", "[]", texts,
                     "Further files (glob patterns), read in name order. They hold `version` and "
                     "`services` only.",
                     nullptr),
      special<draft>("env", "{}", R"("$ref": "#/$defs/env")", "Environment of every service.",
                     nullptr),
      special<draft>("env_files", "[]", texts,
                     "Files of KEY=value lines for every service, beneath `env`.", nullptr),
      special<draft>("virtualenv", "", R"("type": "string")",
                     "Python virtual environment of every service that names none of its own.",
                     set_virtualenv),
      special<draft>("prerequisites", "[]", R"("$ref": "#/$defs/prerequisites")",
                     "What must be there before anything starts.", set_prerequisites),
      {{.name = "http",
        .type = value_type::object,
        .doc = "Dashboard, API and metrics.",
        .section = []() -> const section_info& { return http_section(); }},
       set_http},
      {{.name = "control",
        .type = value_type::object,
        .doc = "The control socket.",
        .section = []() -> const section_info& { return control_section(); }},
       set_control},
      {{.name = "logs",
        .type = value_type::object,
        .doc = "The logs of all services together.",
        .section = []() -> const section_info& { return all_logs_section(); }},
       set_all_logs},
      special<draft>("state_dir", "", R"("type": "string", "minLength": 1)",
                     "Where state and logs are kept, relative to the configuration file; default: "
                     ".aurora beside it, for files under /etc/aurora /var/lib/aurora.",
                     set_state_dir),
      field<&stack_spec::shutdown_timeout, draft>(
          "shutdown_timeout", R"("90s")", {0.001, longest_time},
          "Longest time a shutdown may take; then all that is left is killed."),
      special<draft>("defaults", "{}", R"("$ref": "#/$defs/service")",
                     "Lies beneath every service: objects are merged, all else is replaced.",
                     nullptr),
      special<draft>("services", "{}", R"("$ref": "#/$defs/services")", "The services by name.",
                     nullptr),
  };
}

}  // namespace

const section<stack_draft>& stack_section() {
  static const section<stack_draft> table("the configuration", "A stack of services.",
                                          stack_rows());
  return table;
}

}  // namespace aurora::config

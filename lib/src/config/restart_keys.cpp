#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/patterns.hpp"

/// The keys that say when a service starts, is ready and starts again.
namespace aurora::config {
namespace {

constexpr std::array<std::pair<std::string_view, restart_policy>, 5> policies{
    {{"always", restart_policy::always},
     {"on-failure", restart_policy::on_failure},
     {"never", restart_policy::never},
     {"unless-stopped", restart_policy::always},
     {"no", restart_policy::never}}};

constexpr std::array<std::pair<std::string_view, dependency_condition>, 6> conditions{
    {{"ready", dependency_condition::ready},
     {"started", dependency_condition::started},
     {"completed", dependency_condition::completed},
     {"service_healthy", dependency_condition::ready},
     {"service_started", dependency_condition::started},
     {"service_completed_successfully", dependency_condition::completed}}};

constexpr limits exit_codes{0, 255};

void set_success_codes(reader& in, const node& from, const key_info&, restart_spec& to) {
  std::vector<int> codes;
  read_list(in, from, "a list of exit codes", [&](const node& item) {
    if (const auto code = in.read_integer(item, exit_codes)) {
      codes.push_back(static_cast<int>(*code));
    }
  });
  if (from.is(json_kind::array)) to.success_codes = std::move(codes);
}

using readiness = std::optional<ready_spec>;

void set_notify(reader& in, const node& from, const key_info&, readiness& to) {
  const auto value = in.read_boolean(from);
  if (value && !*value) in.fault(from, "false says nothing", "leave \"ready\" out");
  if (value && *value) to = ready_on_notify{};
}

void set_log(reader& in, const node& from, const key_info&, readiness& to) {
  auto pattern = read_pattern(in, from);
  if (pattern && pattern->empty()) in.fault(from, "the pattern is empty and matches every line");
  if (pattern && !pattern->empty()) to = ready_on_log{std::move(*pattern)};
}

void set_fd(reader& in, const node& from, const key_info& row, readiness& to) {
  if (const auto fd = in.read_integer(from, row.range)) to = ready_on_fd{static_cast<int>(*fd)};
}

void set_delay(reader& in, const node& from, const key_info& row, readiness& to) {
  const auto seconds = in.read_duration(from, row.range, row.fallback);
  if (seconds) to = ready_on_delay{to_duration(*seconds)};
}

/// Adds a dependency, or finds the one of that name.
dependency_draft& dependency_named(dependencies_draft& all, const std::string& name, place at) {
  for (auto& each : all.items) {
    if (each.service == name) return each;
  }
  auto& fresh = all.items.emplace_back();
  fresh.service = name;
  fresh.at = at;
  return fresh;
}

void read_dependency_list(reader& in, const node& from, dependencies_draft& to) {
  to = {};
  std::unordered_set<std::string> seen;
  read_list(in, from, "a list of names", [&](const node& item) {
    auto name = in.read_text(item, own_variables::refused, "the name of a service");
    if (!name) return;
    if (!seen.insert(*name).second) {
      return in.fault(item, fmt::format("{} is listed twice", quote(*name)));
    }
    auto& fresh = to.items.emplace_back();
    fresh.service = std::move(*name);
    fresh.at = item;
  });
}

void read_dependency_map(reader& in, const node& from, dependencies_draft& to) {
  if (!to.as_map) to = {};
  const bool merges = !to.items.empty();
  to.as_map = true;
  from.for_each_member([&](node name, node value) {
    const reader::scope here(in, name.text());
    const std::string service(name.text());
    auto& target = merges ? dependency_named(to, service, name) : to.items.emplace_back();
    target.service = service;
    target.at = name;
    apply<dependency>(in, value, dependency_section(), target);
  });
}

std::vector<key<restart_spec>> restart_rows() {
  return {
      word<&restart_spec::policy, policies>(
          "policy", R"("always")",
          "always, on-failure or never; \"unless-stopped\" is always, \"no\" is never."),
      field<&restart_spec::delay>("delay", R"("500ms")", {0, longest_time},
                                  "Pause before the first restart."),
      field<&restart_spec::factor>("factor", "2", {1, 100},
                                   "By what the pause grows with each restart."),
      field<&restart_spec::max_delay>("max_delay", R"("30s")", {0, longest_time}, "Longest pause."),
      field<&restart_spec::jitter>("jitter", "0.1", {0, 1},
                                   "Share of the pause that is added or taken away at random."),
      field<&restart_spec::limit>("limit", "10", {0, 1e6},
                                  "More restarts than this within `window`: failed. 0: never."),
      field<&restart_spec::window>("window", R"("5m")", {0.001, longest_time},
                                   "Time in which restarts are counted."),
      field<&restart_spec::reset_after>("reset_after", R"("60s")", {0, longest_time},
                                        "Ready for this long: the pause is short again."),
      {{.name = "success_codes",
        .fallback = "[0]",
        .doc = "Exit codes that are no failure.",
        .range = exit_codes,
        .schema = R"("type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255})"},
       set_success_codes},
  };
}

}  // namespace

const section<restart_spec>& restart_section() {
  static const section<restart_spec> table("restart", "When and how a service is started again.",
                                           restart_rows());
  return table;
}

const section<std::optional<ready_spec>>& ready_section() {
  static const section<readiness> table(
      "ready", "What tells that a service is ready: one of these.",
      {special<readiness>("notify", "", R"("const": true)", "READY=1 by sd_notify(3).", set_notify),
       special<readiness>("log", "", R"("type": "string", "minLength": 1)",
                          "A line of output that matches this pattern (RE2).", set_log),
       {{.name = "fd",
         .type = value_type::integer,
         .doc = "A newline on this descriptor.",
         .range = {3, 1023}},
        set_fd},
       {{.name = "delay",
         .type = value_type::duration,
         .doc = "Still alive after this time.",
         .range = {0, longest_time}},
        set_delay}},
      {"notify", "log", "fd", "delay"});
  return table;
}

const section<dependency>& dependency_section() {
  static const section<dependency> table(
      "a dependency", "What is waited for.",
      {word<&dependency::condition, conditions>(
           "condition", R"("ready")",
           "ready, started or completed; the names that compose has for them are taken too."),
       field<&dependency::restart>("restart", "false", {},
                                   "Whether the service restarts when the dependency goes away."),
       field<&dependency::required>("required", "true", {},
                                    "false: one that failed, or is not there, is not waited "
                                    "for.")});
  return table;
}

void read_dependencies(reader& in, const node& from, dependencies_draft& to) {
  if (from.is(json_kind::array)) {
    read_dependency_list(in, from, to);
  } else if (from.is(json_kind::object)) {
    read_dependency_map(in, from, to);
  } else {
    const bool name = from.is(json_kind::string);
    in.wrong_type(from, "a list or an object",
                  name ? fmt::format("try [{}]", quote(from.text())) : "try [\"db\"]");
  }
}

void read_restart(reader& in, const node& from, restart_spec& to) {
  if (from.is(json_kind::object)) return apply(in, from, restart_section(), to);
  if (!from.is(json_kind::string)) return in.wrong_type(from, "an object or a policy");
  const auto& policy = restart_section().rows.front();
  policy.set(in, from, policy, to);
}

void read_ready(reader& in, const node& from, std::optional<ready_spec>& to) {
  bool any = !from.is(json_kind::object);
  if (!any) from.for_each_member([&](node, node) { any = true; });
  if (!any) in.fault(from, "says nothing", "give one of notify, log, fd, delay, or leave it out");
  apply(in, from, ready_section(), to);
}

}  // namespace aurora::config

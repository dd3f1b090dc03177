#include "wire/answers.hpp"

namespace aurora::wire {
namespace {

/// {"NAME": [ … ]}, each element written by `each`.
template <class Range, class Each>
std::string list(std::string_view name, const Range& range, Each each) {
  std::string out;
  json_writer to(out);
  to.begin_object().key(name).begin_array();
  for (const auto& element : range) {
    to.begin_object();
    each(to, element);
    to.end_object();
  }
  to.end_array().end_object();
  return out;
}

void write_target(json_writer& to, const target_report& target) {
  to.field("name", target.name).field("result", to_string(target.what));
  to.field("state", to_string(target.state)).field("detail", target.detail);
}

void write_operation(json_writer& to, const operation_report& report) {
  to.key("operation").begin_object().field("finished", report.finished);
  to.key("targets").begin_array();
  for (const auto& target : report.targets) {
    to.begin_object();
    write_target(to, target);
    to.end_object();
  }
  to.end_array().end_object();
}

void write_step(json_writer& to, const plan_step& step) {
  to.field("service", step.service).field("action", aurora::to_string(step.what));
  to.strings("keys", step.keys).field("from_instances", step.from_instances);
  to.field("to_instances", step.to_instances);
}

void write_explanation(json_writer& to, const explanation& one) {
  to.field("instance", one.instance).field("state", to_string(one.state));
  to.field("summary", one.summary).key("chain").begin_array();
  for (const cause& link : one.chain) {
    to.begin_object().field("at", link.at).field("text", link.text);
    to.strings("detail", link.detail).end_object();
  }
  to.end_array().field("rule", one.rule).field("next", one.next);
  to.strings("last_lines", one.last_lines).strings("waits_for", one.waits_for);
}

}  // namespace

std::string_view to_string(target_report::result result) {
  switch (result) {
    case target_report::result::done:
      return "done";
    case target_report::result::already:
      return "already";
    case target_report::result::failed:
      return "failed";
    case target_report::result::pending:
      return "pending";
  }
  return "pending";
}

std::string to_json(const operation_report& report) {
  std::string out;
  json_writer to(out);
  to.begin_object();
  write_operation(to, report);
  to.end_object();
  return out;
}

std::string to_json(const plan_steps& steps) { return list("steps", steps, write_step); }

std::string to_json(const reload_report& report) {
  std::string out;
  json_writer to(out);
  to.begin_object().key("steps").begin_array();
  for (const auto& step : report.steps) {
    to.begin_object();
    write_step(to, step);
    to.end_object();
  }
  to.end_array();
  write_operation(to, report.operation);
  if (!report.warnings.empty()) to.strings("warnings", report.warnings);
  to.end_object();
  return out;
}

std::string to_json(const upgrade_report& report) {
  std::string out;
  json_writer to(out);
  to.begin_object().field("from", report.from).field("to", report.to).end_object();
  return out;
}

std::string to_json(const std::vector<probe_report>& probes) {
  return list("probes", probes, [](json_writer& to, const probe_report& probe) {
    to.field("name", probe.name).field("healthy", probe.healthy);
    to.field("state", aurora::to_string(probe.state)).field("text", probe.text).key("took_ms");
    to.decimal(std::chrono::duration<double, std::milli>(probe.took).count(), 3);
  });
}

std::string to_json(const std::vector<explanation>& explanations) {
  return list("explanations", explanations, write_explanation);
}

std::string to_json(const service_graph& graph) {
  std::string out;
  json_writer to(out);
  to.begin_object().key("nodes").begin_array();
  for (const auto& node : graph.nodes) {
    to.begin_object().field("service", node.service);
    to.field("state", aurora::to_string(node.state));
    to.field("health", aurora::to_string(node.health)).end_object();
  }
  to.end_array().key("edges").begin_array();
  for (const auto& edge : graph.edges) {
    to.begin_object().field("from", edge.from).field("to", edge.to);
    to.field("condition", edge.condition).field("required", edge.required);
    to.field("restart", edge.restart).field("holds", edge.holds).end_object();
  }
  to.end_array().end_object();
  return out;
}

std::string to_json(const code_answer& code) {
  std::string out;
  json_writer to(out);
  to.begin_object().field("code", code.code).key("expires_in_seconds");
  to.value(std::chrono::floor<std::chrono::seconds>(code.life).count());
  to.field("role", to_string(code.may)).field("url", code.url).end_object();
  return out;
}

std::string to_json(const session_answer& session) {
  std::string out;
  json_writer to(out);
  to.begin_object().field("token", session.token).field("role", to_string(session.may));
  to.field("expires_at", session.until).end_object();
  return out;
}

std::string to_json(const problem& fault) {
  std::string out;
  json_writer to(out);
  to.begin_object().field("type", fault.type.empty() ? "about:blank" : fault.type.c_str());
  to.field("title", fault.title).field("status", fault.status).field("detail", fault.detail);
  if (!fault.hint.empty()) to.field("hint", fault.hint);
  if (!fault.errors.empty()) to.strings("errors", fault.errors);
  to.end_object();
  return out;
}

void write_members(json_writer& to, const log_line& line) {
  to.field("name", line.name).field("at", line.at).field("offset", line.offset);
  to.field("next", line.next());
  to.field("text", line.text).field("partial", line.partial);
}

}  // namespace aurora::wire

#include "wire/inspection.hpp"

#include "wire/json_writer.hpp"

namespace aurora::wire {
namespace {

double in_seconds(duration span) { return std::chrono::duration<double>(span).count(); }

void write_percent(json_writer& to, const std::optional<double>& percent) {
  if (percent) {
    to.decimal(*percent, 2);
  } else {
    to.null();
  }
}

void write_members(json_writer& to, const probe_answer& answer) {
  to.field("at", answer.at).field("healthy", answer.healthy);
  to.key("took_seconds").decimal(in_seconds(answer.took), 6).field("text", answer.text);
}

void write(json_writer& to, const process_view& process) {
  to.begin_object().field("pid", process.pid).field("parent", process.parent);
  to.field("command", process.command).field("state", process.state);
  to.key("cpu_seconds").decimal(in_seconds(process.cpu), 2);
  to.field("memory_bytes", process.memory_bytes).field("started_at", process.started_at);
  to.field("threads", process.threads).end_object();
}

/// {"services": [{"name": …, LIST: […]}]}
template <class Instance, class Elements, class Each>
void write_service(json_writer& to, const Instance& of, std::string_view list,
                   const Elements& elements, Each each) {
  to.begin_object().field("name", of.name).key(list).begin_array();
  for (const auto& element : elements) each(element);
  to.end_array();
}

template <class Instances, class Each>
std::string services(const Instances& all, Each each) {
  std::string out;
  json_writer to(out);
  to.begin_object().key("services").begin_array();
  for (const auto& of : all) each(to, of);
  to.end_array().end_object();
  return out;
}

}  // namespace

std::string to_json(const std::vector<process_list>& all) {
  return services(all, [](json_writer& to, const process_list& of) {
    write_service(to, of, "processes", of.processes, [&](const auto& each) { write(to, each); });
    if (!of.whole) to.field("more", true);
    to.end_object();
  });
}

std::string to_json(const std::vector<probe_history>& all) {
  return services(all, [](json_writer& to, const probe_history& of) {
    write_service(to, of, "probes", of.probes, [&](const auto& each) {
      to.begin_object();
      write_members(to, each);
      to.end_object();
    });
    to.end_object();
  });
}

std::string to_json(const std::vector<usage_history>& all) {
  return services(all, [](json_writer& to, const usage_history& of) {
    write_service(to, of, "samples", of.samples, [&](const auto& each) {
      to.begin_object().field("at", each.at).key("cpu_percent");
      write_percent(to, each.cpu_percent);
      to.field("memory_bytes", each.memory_bytes).end_object();
    });
    to.end_object();
  });
}

std::string usage_message(const usage_moment& now) {
  std::string out;
  out.reserve(64 + now.services.size() * 48);
  json_writer to(out);
  to.begin_object().field("type", "usage").field("at", now.at).key("services").begin_array();
  for (const auto& each : now.services) {
    to.begin_array().value(each.name);
    write_percent(to, each.cpu_percent);
    to.value(each.memory_bytes).end_array();
  }
  to.end_array().end_object();
  return out;
}

std::string probe_message(std::string_view name, const probe_answer& answer) {
  std::string out;
  json_writer to(out);
  to.begin_object().field("type", "probe").field("name", name);
  write_members(to, answer);
  to.end_object();
  return out;
}

std::string dropped_probes_message(std::uint64_t count) {
  std::string out;
  json_writer to(out);
  to.begin_object().field("type", "dropped").field("probes", count).end_object();
  return out;
}

}  // namespace aurora::wire

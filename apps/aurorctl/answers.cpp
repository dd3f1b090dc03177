#include "answers.hpp"

#include <fmt/format.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include "failure.hpp"
#include "units.hpp"

namespace aurora::ctl {
namespace {

const json::value nothing;
const json::array no_elements;

template <class Integer>
std::optional<Integer> integer_of(const json::value& from, std::string_view key) {
  const json::value& value = child_of(from, key);
  if (value.is_int64()) {
    if constexpr (std::is_unsigned_v<Integer>) {
      if (value.get_int64() < 0) return std::nullopt;
    }
    return static_cast<Integer>(value.get_int64());
  }
  if (value.is_uint64()) return static_cast<Integer>(value.get_uint64());
  return std::nullopt;
}

std::optional<duration> seconds_of(const json::value& from, std::string_view key) {
  const auto seconds = number_of(from, key);
  if (!seconds || !(std::abs(*seconds) < 1e9)) return std::nullopt;
  return std::chrono::round<duration>(std::chrono::duration<double>(*seconds));
}

std::optional<exit_view> exit_of(const json::value& from, std::string_view key) {
  const json::value& value = child_of(from, key);
  if (!value.is_object()) return std::nullopt;
  exit_view exit;
  if (const auto code = integer_of<std::int64_t>(value, "code"))
    exit.code = static_cast<int>(*code);
  exit.signal = text_of(value, "signal");
  exit.cause = text_of(value, "cause");
  exit.core_dumped = flag_of(value, "core_dumped");
  return exit;
}

daemon_view read_daemon(const json::value& from) {
  daemon_view d;
  d.pid = integer_of<std::int64_t>(from, "pid");
  d.keeper_pid = integer_of<std::int64_t>(from, "keeper_pid");
  d.name = text_of(from, "name");
  d.version = text_of(from, "version");
  d.config = text_of(from, "config");
  d.state_dir = text_of(from, "state_dir");
  d.upgrade = text_of(from, "upgrade");
  d.http = text_of(from, "http");
  d.uptime = seconds_of(from, "uptime_seconds");
  d.warnings = texts_of(from, "warnings");
  return d;
}

void append_text(std::string& out, const json::value& value);

template <class Range, class Each>
void append_list(std::string& out, char open, char close, const Range& elements, Each each) {
  out += open;
  bool first = true;
  for (const auto& element : elements) {
    if (!first) out += ',';
    first = false;
    each(element);
  }
  out += close;
}

void append_text(std::string& out, const json::value& value) {
  if (value.is_object()) {
    append_list(out, '{', '}', value.get_object(), [&](const auto& member) {
      out += json::serialize(json::string(member.key()));
      out += ':';
      append_text(out, member.value());
    });
  } else if (value.is_array()) {
    append_list(out, '[', ']', value.get_array(),
                [&](const json::value& element) { append_text(out, element); });
  } else if (value.is_double()) {
    out += fmt::format("{}", value.get_double());
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

const service_view* status_view::find(std::string_view name) const {
  const auto it = std::find_if(services.begin(), services.end(),
                               [&](const service_view& s) { return s.name == name; });
  return it == services.end() ? nullptr : &*it;
}

void status_view::keep_known(std::vector<std::string>& names) const {
  std::set<std::string_view> known;
  for (const auto& s : services) known.insert(s.name);
  std::erase_if(names, [&](const std::string& name) { return known.count(name) == 0; });
}

const json::value& child_of(const json::value& from, std::string_view key) {
  const json::object* object = from.if_object();
  const json::value* value = object ? object->if_contains(key) : nullptr;
  return value ? *value : nothing;
}

const json::array& list_of(const json::value& from, std::string_view key) {
  const json::array* elements = child_of(from, key).if_array();
  return elements ? *elements : no_elements;
}

std::string text_of(const json::value& from, std::string_view key) {
  const json::string* text = child_of(from, key).if_string();
  return text ? std::string(*text) : std::string();
}

std::optional<double> number_of(const json::value& from, std::string_view key) {
  const json::value& value = child_of(from, key);
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return std::nullopt;
}

bool flag_of(const json::value& from, std::string_view key) {
  const bool* value = child_of(from, key).if_bool();
  return value != nullptr && *value;
}

std::vector<std::string> texts_of(const json::value& from, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& element : list_of(from, key)) {
    if (element.is_string()) out.emplace_back(element.get_string());
  }
  return out;
}

json::value parse_answer(std::string_view text) {
  boost::system::error_code ec;
  // One block for the whole tree: a status of hundreds of services is read in half the time.
  auto value = json::parse(text, ec, json::make_shared_resource<json::monotonic_resource>());
  if (!ec) return value;
  throw failure(exit_code::failed, "the daemon's answer is no JSON: " + ec.message(),
                "is it an aurorad that answers there? compare `aurorctl --version` with `status`");
}

service_view read_service(const json::value& from) {
  service_view s;
  s.name = text_of(from, "name");
  s.service = text_of(from, "service");
  s.state = text_of(from, "state");
  s.desired = text_of(from, "desired");
  s.health = text_of(from, "health");
  s.reason = text_of(from, "reason");
  s.status_text = text_of(from, "status_text");
  s.pid = integer_of<std::int64_t>(from, "pid");
  s.port = integer_of<std::int64_t>(from, "port");
  s.uptime = seconds_of(from, "uptime_seconds");
  s.next_start = seconds_of(from, "next_start_in_seconds");
  s.restarts = integer_of<std::uint64_t>(from, "restarts").value_or(0);
  s.last_exit = exit_of(from, "last_exit");
  s.because_text = text_of(child_of(from, "because"), "text");
  s.because_dependency = text_of(child_of(from, "because"), "dependency");
  s.depends_on = texts_of(from, "depends_on");
  s.cpu_percent = number_of(from, "cpu_percent");
  s.memory_bytes = integer_of<std::uint64_t>(from, "memory_bytes");
  return s;
}

status_view read_status(const json::value& from) {
  status_view status;
  status.daemon = read_daemon(child_of(from, "daemon"));
  status.services.reserve(list_of(from, "services").size());
  for (const auto& element : list_of(from, "services")) {
    status.services.push_back(read_service(element));
  }
  return status;
}

event_view read_event(const json::value& from) {
  event_view e;
  e.sequence = integer_of<std::uint64_t>(from, "sequence").value_or(0);
  e.at = parse_timestamp(text_of(from, "at"));
  e.instance = text_of(from, "instance");
  e.from = text_of(from, "from");
  e.to = text_of(from, "to");
  e.reason = text_of(from, "reason");
  e.health = text_of(from, "health");
  e.pid = integer_of<std::int64_t>(from, "pid");
  e.run = integer_of<std::uint64_t>(from, "run").value_or(0);
  const json::value& because = child_of(from, "because");
  e.exit = exit_of(because, "exit");
  e.text = text_of(because, "text");
  e.dependency = text_of(because, "dependency");
  e.delay = seconds_of(because, "delay_seconds");
  e.count = integer_of<std::uint64_t>(because, "count").value_or(0);
  e.limit = integer_of<std::uint64_t>(because, "limit").value_or(0);
  return e;
}

std::vector<event_view> read_events(const json::value& from) {
  std::vector<event_view> events;
  for (const auto& element : list_of(from, "events")) events.push_back(read_event(element));
  return events;
}

log_line read_log_line(const json::value& from) {
  log_line line;
  line.name = text_of(from, "name");
  line.at = parse_timestamp(text_of(from, "at"));
  line.offset = integer_of<std::uint64_t>(from, "offset").value_or(0);
  line.text = text_of(from, "text");
  line.partial = flag_of(from, "partial");
  const std::uint64_t end = line.offset + line.text.size() + (line.partial ? 0 : 1);
  line.next = integer_of<std::uint64_t>(from, "next").value_or(end);
  return line;
}

std::vector<usage_view> read_usage(const json::value& from) {
  std::vector<usage_view> usage;
  for (const auto& each : list_of(from, "services")) {  // ["web", 0.3, 12345678]
    const json::array* row = each.if_array();
    if (row == nullptr || row->size() < 3 || !(*row)[0].is_string()) continue;
    const auto number = [&](std::size_t at) { return number_of({{"n", (*row)[at]}}, "n"); };
    usage_view u{std::string((*row)[0].get_string()), number(1), std::nullopt};
    if (const auto bytes = number(2)) u.memory_bytes = static_cast<std::uint64_t>(*bytes);
    usage.push_back(std::move(u));
  }
  return usage;
}

operation_view read_operation(const json::value& from) {
  const json::value& body = child_of(from, "operation");
  operation_view operation;
  operation.finished = flag_of(body, "finished");
  for (const auto& element : list_of(body, "targets")) {
    operation.targets.push_back({text_of(element, "name"), text_of(element, "result"),
                                 text_of(element, "state"), text_of(element, "detail")});
  }
  return operation;
}

json::value as_json(const operation_view& operation) {
  json::array targets;
  for (const auto& t : operation.targets) {
    targets.push_back(json::object{
        {"name", t.name}, {"result", t.result}, {"state", t.state}, {"detail", t.detail}});
  }
  json::object body{{"finished", operation.finished}, {"targets", std::move(targets)}};
  return json::object{{"operation", std::move(body)}};
}

std::string in_words(const exit_view& exit) {
  if (!exit.signal.empty()) {
    if (exit.cause == "oom") return exit.signal + " (OOM)";
    return exit.core_dumped ? exit.signal + " (core dumped)" : exit.signal;
  }
  if (exit.code) return "exit code " + std::to_string(*exit.code);
  return exit.cause == "unattended" ? "unknown (ended while no daemon ran)" : "unknown";
}

std::string to_text(const json::value& value) {
  std::string out;
  append_text(out, value);
  return out;
}

}  // namespace aurora::ctl

#include "wire/stream.hpp"

namespace aurora::wire {
namespace {

/// One object, its members written by `fill`; `end` behind it.
template <class Fill>
std::string object(Fill fill, std::string_view end = {}) {
  std::string out;
  json_writer to(out);
  to.begin_object();
  fill(to);
  to.end_object();
  out += end;
  return out;
}

}  // namespace

std::string authenticated_message(role may) {
  return object(
      [&](json_writer& to) { to.field("type", "authenticated").field("role", to_string(may)); });
}

std::string snapshot_message(std::uint64_t sequence, const stack_status& stack) {
  return object([&](json_writer& to) {
    to.field("type", "snapshot").field("sequence", sequence).key("status");
    write(to, stack);
  });
}

std::string event_message(const journal_entry& entry) {
  return object([&](json_writer& to) {
    to.field("type", "event");
    write_members(to, entry);
  });
}

std::string status_message(const service_status& service) {
  return object([&](json_writer& to) {
    to.field("type", "status").key("service");
    write(to, service);
  });
}

std::string removed_message(std::string_view name) {
  return object([&](json_writer& to) { to.field("type", "removed").field("name", name); });
}

std::string subscribed_message(const subscription& got) {
  return object([&](json_writer& to) {
    to.field("type", "subscribed").strings("logs", got.logs);
    if (got.probes) to.strings("probes", *got.probes);
    if (got.usage) to.field("usage", true);
    if (!got.unknown.empty()) to.strings("unknown", got.unknown);
  });
}

std::string log_message(const log_line& line) {
  return object([&](json_writer& to) {
    to.field("type", "log");
    write_members(to, line);
  });
}

std::string dropped_message(std::uint64_t lines) {
  return object([&](json_writer& to) { to.field("type", "dropped").field("lines", lines); });
}

std::string batch_message(const std::vector<std::string>& messages) {
  std::string out = R"({"type":"batch","messages":[)";
  for (const auto& each : messages) {
    out += each;
    out += ',';
  }
  if (!messages.empty()) out.pop_back();
  out += "]}";
  return out;
}

std::string missing_message(std::string_view name, std::uint64_t bytes) {
  return object([&](json_writer& to) {
    to.field("type", "dropped").field("name", name).field("bytes", bytes);
  });
}

std::string error_message(const problem& fault) {
  return object([&](json_writer& to) {
    to.field("type", "error").field("title", fault.title).field("detail", fault.detail);
    if (!fault.hint.empty()) to.field("hint", fault.hint);
  });
}

std::string event_line(const journal_entry& entry) {
  return object([&](json_writer& to) { write_members(to, entry); }, "\n");
}

std::string log_ndjson(const log_line& line) {
  return object([&](json_writer& to) { write_members(to, line); }, "\n");
}

std::string dropped_ndjson(std::uint64_t lines) {
  return object([&](json_writer& to) { to.field("dropped", lines); }, "\n");
}

}  // namespace aurora::wire

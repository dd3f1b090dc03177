#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aurora/answers.hpp>
#include <aurora/plan.hpp>

#include "wire/json_writer.hpp"
#include "wire/routes.hpp"

/// The answers of the API as JSON. Names and order of `status` are those of contract §5; what the
/// contract does not name is added behind it, and only where there is something to tell.
namespace aurora::wire {

/// {"daemon": {…}, "services": […]}: the answer of `status`.
std::string to_json(const stack_status& stack);
/// {"services": […]}: some of them.
std::string to_json(const std::vector<service_status>& services);
/// {"operation": {"finished": …, "targets": […]}}
std::string to_json(const operation_report& report);
/// {"steps": […]}: what a reload would do, or did.
std::string to_json(const plan_steps& steps);
/// {"steps": […], "operation": {"finished": …, "targets": […]}}; "warnings" only where there are
/// any.
std::string to_json(const reload_report& report);
/// {"from": "0.1.0", "to": "0.2.0"}
std::string to_json(const upgrade_report& report);
/// {"probes": […]}
std::string to_json(const std::vector<probe_report>& probes);
/// {"explanations": […]}
std::string to_json(const std::vector<explanation>& explanations);
/// {"nodes": […], "edges": […]}
std::string to_json(const service_graph& graph);
/// {"events": […]}
std::string to_json(const std::vector<journal_entry>& entries);
/// A code to sign in with; `url` only where something listens on TCP.
struct code_answer {
  std::string code;
  duration life{};
  role may = role::operate;
  std::optional<std::string> url;
};
/// {"code": …, "expires_in_seconds": 60, "role": …, "url": …}
std::string to_json(const code_answer& code);

struct session_answer {
  std::string token;
  role may = role::read;
  wall_time until{};
};
/// {"token": …, "role": …, "expires_at": …}
std::string to_json(const session_answer& session);
/// RFC 9457, application/problem+json; "hint" and "errors" only where there are any.
std::string to_json(const problem& fault);

/// A stretch of a service's output that ends with a line, or is a part of one.
struct log_line {
  std::string name;             ///< the instance
  std::optional<wall_time> at;  ///< when it was read; nothing: not known any more
  std::uint64_t offset = 0;     ///< of its first byte in all the instance ever wrote
  std::string text;             ///< without the newline, at most 64 KiB
  bool partial = false;         ///< no newline followed: what comes next goes on from here
  /// Where to go on behind it: the offset of the byte after its newline.
  std::uint64_t next() const { return offset + text.size() + (partial ? 0 : 1); }
};

/// For streams that put an object on a line or in a message of their own.
void write(json_writer& to, const stack_status& stack);
void write(json_writer& to, const service_status& service);
/// The members of an entry, within an object that the caller opened.
void write_members(json_writer& to, const journal_entry& entry);
void write_members(json_writer& to, const log_line& line);

std::string_view to_string(target_report::result result);

}  // namespace aurora::wire

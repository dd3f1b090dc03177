#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aurora/answers.hpp>

#include "wire/answers.hpp"
#include "wire/routes.hpp"

/// The messages of the WebSocket `/api/v1/stream`, each one JSON object with its "type" first:
///   {"type":"authenticated","role":"read"}           where a token was asked for; then all else
///   {"type":"snapshot","sequence":N,"status":{…}}   first, once; N: the last event it includes
///   {"type":"event","sequence":…,"at":…,…}           every journal entry after it, in order
///   {"type":"status","service":{…}}                  an instance as it is after those events
///   {"type":"removed","name":"web@2"}                an instance that is configured no more
///   {"type":"subscribed","logs":["web@1","web@2"]}   the instances a subscription stands for;
///                                                    "unknown":["x"] where some names are
///                                                    "probes", "usage" where those were asked for
///   {"type":"log","name":…,"at":…,"offset":…,"next":…,"text":…,"partial":…}
///   {"type":"batch","messages":[…]}                  messages that waited together, in order, for
///                                                    those who asked for "batch"
///   {"type":"dropped","lines":N}                     log lines this client was too slow for, here
///   {"type":"dropped","name":…,"bytes":N}            output that a resumed log has no more, here
///   {"type":"dropped","probes":N}                    answers this client was too slow for
///   {"type":"usage","at":…,"services":[["web",0.3,12345678],…]}
///   {"type":"probe","name":…,"at":…,"healthy":…,"took_seconds":…,"text":…}
///   {"type":"error","title":…,"detail":…}            a message of the client that was refused
namespace aurora::wire {

std::string authenticated_message(role may);
std::string snapshot_message(std::uint64_t sequence, const stack_status& stack);
std::string event_message(const journal_entry& entry);
std::string status_message(const service_status& service);
std::string removed_message(std::string_view name);

/// What a client of the stream asked for and gets.
struct subscription {
  std::vector<std::string> logs;                   ///< instances
  std::optional<std::vector<std::string>> probes;  ///< instances, where probes were asked for
  bool usage = false;
  std::vector<std::string> unknown;  ///< names that stand for nothing
};
std::string subscribed_message(const subscription& got);
std::string log_message(const log_line& line);
std::string dropped_message(std::uint64_t lines);
/// Messages as one. A reader takes one of a hundred lines many times faster than a hundred.
std::string batch_message(const std::vector<std::string>& messages);
std::string missing_message(std::string_view name, std::uint64_t bytes);
std::string error_message(const problem& fault);

/// The same without "type" and with a newline behind, for application/x-ndjson.
std::string event_line(const journal_entry& entry);
std::string log_ndjson(const log_line& line);
std::string dropped_ndjson(std::uint64_t lines);

}  // namespace aurora::wire

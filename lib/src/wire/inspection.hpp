#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <aurora/inspection.hpp>

namespace aurora::wire {

/// {"services": [{"name", "processes": [{"pid", "parent", "command", "state", "cpu_seconds",
/// "memory_bytes", "started_at", "threads"}]}]}; "more": true only where there are more of them.
std::string to_json(const std::vector<process_list>& all);
/// {"services": [{"name", "probes": [{"at", "healthy", "took_seconds", "text"}]}]}
std::string to_json(const std::vector<probe_history>& all);
/// {"services": [{"name", "samples": [{"at", "cpu_percent", "memory_bytes"}]}]}
std::string to_json(const std::vector<usage_history>& all);

/// {"type":"usage","at":…,"services":[["web",0.3,12345678],…]}: message of the stream.
std::string usage_message(const usage_moment& now);
/// {"type":"probe","name":…,"at":…,"healthy":…,"took_seconds":…,"text":…}
std::string probe_message(std::string_view name, const probe_answer& answer);
/// {"type":"dropped","probes":N}: answers this client was too slow for, here.
std::string dropped_probes_message(std::uint64_t count);

}  // namespace aurora::wire

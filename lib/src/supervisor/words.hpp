#pragma once

#include <string>

#include <aurora/status.hpp>
#include <aurora/time.hpp>

#include "supervisor/daemon_log.hpp"

namespace aurora::shell {

/// "350 ms", "4.2 s", "2 min 5 s", "3 h 20 min", "12 d 4 h": what a person would say.
std::string in_words(duration span);

/// What a reason says in a sentence about an instance, with its evidence:
/// "ended by itself: exit code 3", "not ready within 60 s; the last probe said: HTTP 503".
std::string in_words(aurora::reason why, const evidence& because);

/// "web: starting → running: ready".
std::string in_words(const journal_entry& entry);

/// How loud an entry is in the daemon's log.
log_level level_of(const journal_entry& entry);

}  // namespace aurora::shell

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"

/// What a service's status says to a person.
namespace aurora::ctl {

/// A reason's code in words: "limit-reached" is "gave up after too many restarts". A code that this
/// version does not know stays as it is.
std::string reason_in_words(std::string_view reason);

/// The dependencies of `s` that are not there yet.
std::vector<std::string> waits_for(const service_view& s, const status_view& all);

/// One line for the REASON column and for progress: "waits for db", "starts again in 1.9s after
/// SIGKILL", "gave up after too many restarts: exit code 1", "ready".
std::string note_of(const service_view& s, const status_view& all);

/// The same for an event's evidence: "exit code 3, starts again in 0.5s (2 of 10)"; may be empty.
std::string evidence_in_words(const event_view& event);

}  // namespace aurora::ctl

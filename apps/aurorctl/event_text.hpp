#pragma once

#include "answers.hpp"
#include "options.hpp"

namespace aurora::ctl {

/// "12:00:00.123  web  starting → ● running  ready  pid 42".
std::string event_line(const terminal& out, const event_view& event, wall_time now);

/// What -n says: a number, or "all" for `most`. Throws `failure` (usage).
std::size_t count_from(const invocation& given, std::size_t otherwise, std::size_t most);

}  // namespace aurora::ctl

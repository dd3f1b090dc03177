#pragma once

#include <string>
#include <vector>

#include "answers.hpp"
#include "terminal.hpp"

namespace aurora::ctl {

/// One of the "explanations" that /why answers, as people read it: the state, the chain of causes,
/// what it waits for, what it printed last, the rule, and what happens next.
std::vector<std::string> explanation_lines(const terminal& out, const json::value& e,
                                           wall_time now);

/// Where the explanations of a service or an instance are asked for.
std::string why_target(const std::string& name);

}  // namespace aurora::ctl

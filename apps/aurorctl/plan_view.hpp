#pragma once

#include "context.hpp"

namespace aurora::ctl {

/// The steps of `plan` and `reload`, a line each, with their keys and instance counts.
void print_steps(context& c, const json::value& answer);

}  // namespace aurora::ctl

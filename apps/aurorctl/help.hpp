#pragma once

#include "terminal.hpp"
#include "verbs.hpp"

namespace aurora::ctl {

/// The list of verbs and global flags.
void print_overview(terminal& to);
/// One verb: use, meaning, flags, example.
void print_help(terminal& to, const verb& about);

}  // namespace aurora::ctl

#pragma once

#include <string>

namespace aurora::ctl {

/// Why a page cannot be shown on the terminal that $TERM names; empty: it can. Asked before ncurses
/// takes the terminal, for its own refusal leaves memory behind.
std::string terminfo_fault();

}  // namespace aurora::ctl

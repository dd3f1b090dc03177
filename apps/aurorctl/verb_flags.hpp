#pragma once

#include "verbs.hpp"

/// What several rows of the table of verbs have.
namespace aurora::ctl {

inline constexpr std::size_t any = static_cast<std::size_t>(-1);
inline constexpr flag no_wait{"no-wait", 0, "", "return as soon as the daemon has accepted it", ""};
inline constexpr flag follow{"follow", 'f', "",
                             "go on with what comes; Ctrl-C ends it with exit code 0", ""};

/// The rows of those that change something, or help to.
std::vector<verb> changing_verbs();

}  // namespace aurora::ctl

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <aurora/spec.hpp>

/// What keeps a stack from running: looked for on this machine, beside a daemon or without one.
/// Nothing is changed by it.
namespace aurora {

enum class verdict { ok, warn, fail };

std::string_view to_string(verdict how);

/// What came of one check.
struct finding {
  verdict how = verdict::ok;
  std::string check;    ///< its kind, in a word: "ports"
  std::string service;  ///< empty: it is about the stack as a whole
  std::string text;     ///< what was looked at, and what is wrong with it
  std::string fix;      ///< a command; empty where nothing is wrong
};

struct check_scope {
  std::string state_dir;              ///< absolute; need not exist
  std::vector<std::string> files;     ///< that the configuration was read from, absolute
  std::vector<std::string> services;  ///< whose own things are looked at; empty: all
};

/// Looks at everything that `stack` needs, as the user that this process runs as: the one that runs
/// the daemon. Blocks: reads files, /proc and accounts, and asks the commands that are
/// prerequisites, and the Python of virtual environments, for their versions. As root it executes
/// nothing that another user could have changed.
/// Returns: at least one finding for each kind of check that applies, in a fixed order of kinds.
std::vector<finding> check_machine(const stack_spec& stack, const check_scope& scope);

}  // namespace aurora

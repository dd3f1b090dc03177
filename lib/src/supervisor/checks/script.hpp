#pragma once

#include <optional>
#include <string>

#include "reactor/child/launch.hpp"
#include "supervisor/checks/passage.hpp"

namespace aurora::shell {

struct program_fault {
  std::string words;
  std::string fix;
};

/// The program that the first line of a script names, and for env(1) the one that it looks up:
/// "#!/usr/bin/env -S python3 -u" gives {"/usr/bin/env", "python3"}. Both empty: it is no script.
struct interpreter {
  std::string file;
  std::string looked_up;
};
interpreter interpreter_of(std::string_view first_bytes);

/// Why `who` could not execute the file at an absolute path, its interpreter included. Nothing: it
/// can be executed, or nobody but the kernel can tell.
std::optional<program_fault> fault_of_program(const std::string& file,
                                              const reactor::launch_spec& launch,
                                              const identity& who);

/// Whether nobody but root and this user can change what is executed there.
bool is_ours_alone(const std::string& program);

}  // namespace aurora::shell

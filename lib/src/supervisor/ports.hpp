#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace aurora::shell {

/// A TCP port that is free on the loopback right now (`port: 0`). Nothing keeps it free: as with
/// every such pick, whoever binds first has it.
std::optional<std::uint16_t> free_port();

struct port_holder {
  pid_t pid = 0;  ///< 0: the port is held, but its holder cannot be seen from here
  std::string program;
};
/// Who listens on a TCP port of this machine. Reads /proc; milliseconds on a busy machine.
std::optional<port_holder> who_listens(std::uint16_t port);

}  // namespace aurora::shell

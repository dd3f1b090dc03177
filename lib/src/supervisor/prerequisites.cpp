#include "supervisor/prerequisites.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "supervisor/ports.hpp"

namespace aurora::shell {
namespace {

bool on_path(const std::string& command) {
  if (command.find('/') != std::string::npos) return ::access(command.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path ? path : "/usr/bin:/bin"; !rest.empty();) {
    const auto colon = rest.find(':');
    const std::string directory(rest.substr(0, colon));
    if (::access((directory + "/" + command).c_str(), X_OK) == 0) return true;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return false;
}

std::optional<std::string> missing(const prerequisite& needed) {
  if (const auto* command = std::get_if<command_exists>(&needed)) {
    if (on_path(command->command)) return std::nullopt;
    return fmt::format("prerequisites: the command \"{0}\" is not on PATH (apt-get install {0}?)",
                       command->command);
  }
  if (const auto* file = std::get_if<file_exists>(&needed)) {
    if (::access(file->path.c_str(), F_OK) == 0) return std::nullopt;
    return fmt::format("prerequisites: \"{}\": {}", file->path, std::strerror(errno));
  }
  const auto port = std::get<port_free>(needed).port;
  const auto holder = who_listens(port);
  if (!holder) return std::nullopt;
  if (!holder->pid)
    return fmt::format("prerequisites: port {} is taken by a process of another user", port);
  return fmt::format("prerequisites: port {} is taken by pid {} ({})", port, holder->pid,
                     holder->program);
}

}  // namespace

std::vector<std::string> missing_prerequisites(const stack_spec& stack) {
  std::vector<std::string> lines;
  for (const auto& needed : stack.prerequisites)
    if (auto line = missing(needed)) lines.push_back(std::move(*line));
  return lines;
}

}  // namespace aurora::shell

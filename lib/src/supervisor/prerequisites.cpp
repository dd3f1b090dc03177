#include "supervisor/prerequisites.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "supervisor/ports.hpp"

namespace aurora::shell {

std::string where_on_path(const std::string& command) {
  if (command.find('/') != std::string::npos)
    return ::access(command.c_str(), X_OK) == 0 ? command : std::string();
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path ? path : "/usr/bin:/bin"; !rest.empty();) {
    const auto colon = rest.find(':');
    const std::string directory(rest.substr(0, colon));
    auto file = directory + "/" + command;
    if (::access(file.c_str(), X_OK) == 0) return file;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return {};
}

std::string words_of(const port_holder& holder) {
  if (!holder.pid) return "a process of another user";
  return fmt::format("pid {} ({})", holder.pid, holder.program);
}

std::optional<std::string> missing(const prerequisite& needed) {
  if (const auto* command = std::get_if<command_exists>(&needed)) {
    if (!where_on_path(command->command).empty()) return std::nullopt;
    return fmt::format("the command \"{}\" is not on PATH", command->command);
  }
  if (const auto* file = std::get_if<file_exists>(&needed)) {
    if (::access(file->path.c_str(), F_OK) == 0) return std::nullopt;
    return fmt::format("\"{}\": {}", file->path, std::strerror(errno));
  }
  const auto port = std::get<port_free>(needed).port;
  const auto holder = who_listens(port);
  if (!holder) return std::nullopt;
  return fmt::format("port {} is taken by {}", port, words_of(*holder));
}

std::string package_hint(const command_exists& needed) {
  return fmt::format("apt-get install {}", needed.command);
}

std::vector<std::string> missing_prerequisites(const stack_spec& stack) {
  std::vector<std::string> lines;
  for (const auto& needed : stack.prerequisites) {
    const auto fault = missing(needed);
    if (!fault) continue;
    const auto* command = std::get_if<command_exists>(&needed);
    lines.push_back(fmt::format("prerequisites: {}{}", *fault,
                                command ? fmt::format(" ({}?)", package_hint(*command)) : ""));
  }
  return lines;
}

}  // namespace aurora::shell

#include "supervisor/checks/script.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "reactor/child/launcher.hpp"
#include "supervisor/checks/subject.hpp"
#include "supervisor/trust.hpp"

namespace aurora::shell {
namespace {

constexpr std::size_t longest_first_line = 256;  // BINPRM_BUF_SIZE

std::string beginning_of(const std::string& file) {
  std::string text(longest_first_line, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::optional<program_fault> not_reached(const std::string& file, const identity& who) {
  const auto found = way_to(file, who);
  if (found.error == 0) return std::nullopt;
  if (found.error == EACCES)
    return program_fault{fmt::format("'{}' cannot be passed by {}: {}", found.path, words_of(who),
                                     std::strerror(found.error)),
                         "chmod o+x " + shell_word(found.path)};
  return program_fault{std::strerror(found.error), "ls -l " + shell_word(file)};
}

std::optional<program_fault> not_executable(const std::string& file, const identity& who) {
  if (auto fault = not_reached(file, who)) return fault;
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return std::nullopt;
  if (!S_ISREG(about.st_mode))
    return program_fault{"is not a regular file", "ls -ld " + shell_word(file)};
  if (may(who, about, S_IXOTH)) return std::nullopt;
  return program_fault{
      fmt::format("cannot be executed by {}: {}", words_of(who), std::strerror(EACCES)),
      "chmod a+x " + shell_word(file)};
}

}  // namespace

interpreter interpreter_of(std::string_view first_bytes) {
  if (!first_bytes.starts_with("#!")) return {};
  std::istringstream words(std::string(first_bytes.substr(2, first_bytes.find('\n') - 2)));
  interpreter found;
  words >> found.file;
  if (!found.file.ends_with("/env")) return found;
  std::string word;
  // Options, and the variables that it sets.
  while (words >> word && (word[0] == '-' || word.find('=') != std::string::npos)) word.clear();
  found.looked_up = word;
  return found;
}

std::optional<program_fault> fault_of_program(const std::string& file,
                                              const reactor::launch_spec& launch,
                                              const identity& who) {
  if (auto fault = not_executable(file, who)) return fault;
  const auto [name, looked_up] = interpreter_of(beginning_of(file));
  if (name.empty()) return std::nullopt;
  if (auto fault = not_executable(name, who))
    return program_fault{
        fmt::format("the interpreter of its first line, '{}': {}", name, fault->words), fault->fix};
  if (looked_up.empty()) return std::nullopt;
  const auto found = reactor::find_program(looked_up, launch.environment, launch.working_dir);
  if (found) return std::nullopt;
  return program_fault{
      fmt::format("the interpreter of its first line, \"{}\", is nowhere along PATH: {}", looked_up,
                  std::strerror(found.error().error)),
      "apt-get install " + shell_word(looked_up)};
}

bool is_ours_alone(const std::string& program) {
  return !changeable_by_others(program, ::geteuid());
}

}  // namespace aurora::shell

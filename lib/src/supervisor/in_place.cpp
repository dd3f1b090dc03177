#include "supervisor/in_place.hpp"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "keeper/keeper.hpp"
#include "supervisor/numbers.hpp"

namespace aurora::shell {
namespace {

constexpr const char* program_variable = "AURORA_IN_PLACE_PROGRAM";
constexpr const char* score_variable = "AURORA_IN_PLACE_OOM_SCORE";

std::string take(const char* variable) {
  const char* value = std::getenv(variable);
  std::string taken = value ? value : "";
  ::unsetenv(variable);
  return taken;
}

/// As execve(2) was told, so that it needs no /proc and keeps a symlink's name.
std::string own_path() {
  const auto* path = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  std::error_code fault;
  const auto absolute = std::filesystem::absolute(path ? path : "", fault);
  return path && !fault ? absolute.string() : std::string();
}

}  // namespace

in_place::in_place(std::vector<std::string> arguments)
    : program(take(program_variable)),
      programs_oom_score(number_of<int>(take(score_variable))),
      arguments_(std::move(arguments)) {
  const auto told = take(keeper::in_place);
  const std::string_view text = told;
  const auto colon = text.find(':');
  const auto given = colon == text.npos ? std::nullopt : number_of<int>(text.substr(colon + 1));
  if (!given) {
    program = own_path();
    programs_oom_score.reset();
    return;
  }
  as = text.starts_with("keeper") ? role::keeper : role::reactor;
  fd = *given;
  // Executed by its descriptor it would be known by that number.
  ::prctl(PR_SET_NAME, std::filesystem::path(program).filename().c_str());
}

char* const* in_place::argv() {
  for (auto& one : arguments_) argv_.push_back(one.data());
  argv_.push_back(nullptr);
  return argv_.data();
}

const char** in_place::environment(std::optional<int> programs_score) {
  handed_on_.push_back(std::string(program_variable) + "=" + program);
  if (programs_score) handed_on_.push_back(fmt::format("{}={}", score_variable, *programs_score));
  environment_.push_back("");
  for (const auto& one : handed_on_) environment_.push_back(one.c_str());
  for (char** one = ::environ; *one; ++one) environment_.push_back(*one);
  environment_.push_back(nullptr);
  return environment_.data();
}

}  // namespace aurora::shell

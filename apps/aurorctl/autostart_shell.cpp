#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "autostart.hpp"
#include "block.hpp"
#include "failure.hpp"
#include "quoting.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

std::string bashrc() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home) + "/.bashrc";
  throw failure(exit_code::failed, "cannot tell where ~/.bashrc is: $HOME is not set",
                "set HOME, or choose another --method");
}

std::string nothing_missing() { return {}; }

/// In a subshell and in the background: no word, no job, no exit code and no waiting in the login,
/// whatever options it has set, and the end of the terminal does not end it.
std::string lines_of(const trigger& what) {
  std::string command;
  for (const auto& word : run_words(what)) command += " " + shell_quoted(word);
  return "(trap '' HUP; test -x " + shell_quoted(what.tool) + " &&" + command +
         " </dev/null >/dev/null 2>&1 &) </dev/null >/dev/null 2>&1 || :\n";
}

sighting look(const std::string& config) {
  const auto file = bashrc();
  const auto text = read_if_there(file, "the shell's file");
  return {text && find_block(*text, config), file, {}};
}

change enable(const trigger& what) {
  const auto file = bashrc();
  const auto before = read_if_there(file, "the shell's file");
  const auto after = put_block(before, {what.name, what.config, lines_of(what)});
  if (before == after) return {false, file, {}};
  replace_whole(file, after, 0644);
  return {true, file, {}};
}

change disable(const std::string& config) {
  const auto file = bashrc();
  const auto before = read_if_there(file, "the shell's file");
  if (!before) return {false, file, {}};
  const auto after = take_block(*before, config);
  if (after == before) return {false, file, {}};
  if (after) {
    replace_whole(file, *after, 0644);
  } else if (::unlink(file.c_str()) != 0) {
    throw failure(exit_code::failed, "cannot remove '" + file + "': " + std::strerror(errno));
  }
  return {true, file, {}};
}

}  // namespace

const autostart_method shell_method{
    "shell", "the next login shell starts it", nothing_missing, look, enable, disable};

}  // namespace aurora::ctl

#include <fmt/format.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "reactor/child/proc_files.hpp"
#include "supervisor/checks/subject.hpp"

/// Another daemon on the same configuration, with another state directory: it would run everything
/// a second time.
namespace aurora::shell {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view lock_name = "/aurorad.lock";

std::string target_of(const std::string& link) {
  char text[PATH_MAX];
  const ssize_t n = ::readlink(link.c_str(), text, sizeof text);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
}

/// The state directory whose lock a process holds; empty: none.
std::string locked_by(const std::string& process) {
  std::error_code ec;
  for (fs::directory_iterator at(process + "/fd", ec), end; !ec && at != end; at.increment(ec)) {
    auto target = target_of(at->path());
    if (!target.ends_with(lock_name)) continue;
    target.resize(target.size() - lock_name.size());
    return target;
  }
  return {};
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, '\0');) parts.push_back(part);
  return parts;
}

std::string option_in(const std::vector<std::string>& arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if ((word == "-c" || word == "--config") && i + 1 < arguments.size()) return arguments[i + 1];
    if (word.starts_with("--config=")) return word.substr(9);
    if (word.starts_with("-c") && word.size() > 2) return word.substr(2);
  }
  return {};
}

std::string read(const std::string& path) { return reactor::read_small_file(path.c_str()); }

/// As `find_config` would have found it there.
std::string config_of(const std::string& process, pid_t pid) {
  auto config = option_in(split(read(process + "/cmdline")));
  for (const auto& entry : split(reactor::read_environment(pid)))
    if (config.empty() && entry.starts_with("AURORA_CONFIG=")) config = entry.substr(14);
  const auto here = fs::path(target_of(process + "/cwd"));
  std::error_code ec;
  if (config.empty() && !fs::exists(here / "aurora.json", ec)) return "/etc/aurora/aurora.json";
  return here / (config.empty() ? "aurora.json" : config);
}

bool same(const fs::path& one, const fs::path& other) {
  std::error_code ec;
  return one == other || fs::equivalent(one, other, ec);
}

/// By state directory, so that the two processes of a daemon count once.
std::map<std::string, pid_t> rivals_of(const subject& of) {
  std::map<std::string, pid_t> found;
  for (const pid_t pid : reactor::all_pids()) {
    const auto process = fmt::format("/proc/{}", pid);
    if (read(process + "/comm") != "aurorad\n") continue;
    const auto state = locked_by(process);
    if (state.empty() || same(state, of.paths.root)) continue;
    if (same(config_of(process, pid), of.stack.config_file)) found.emplace(state, pid);
  }
  return found;
}

}  // namespace

void check_rivals(const subject& of, std::vector<finding>& into) {
  notes say(into, "rivals");
  for (const auto& [state, pid] : rivals_of(of))
    say.fail(fmt::format("another aurorad, pid {}, runs the same configuration with the state "
                         "directory '{}'",
                         pid, state),
             fmt::format("aurorctl --state-dir {} down", shell_word(state)));
  if (say.well()) say.ok("no other daemon runs this configuration");
}

}  // namespace aurora::shell

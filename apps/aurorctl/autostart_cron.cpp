#include <cctype>
#include <filesystem>
#include <optional>

#include "autostart.hpp"
#include "block.hpp"
#include "failure.hpp"
#include "launch.hpp"
#include "places.hpp"
#include "quoting.hpp"

namespace aurora::ctl {
namespace {

constexpr const char* place = "the crontab";

failure refused(const std::string& what, const program_result& said) {
  std::vector<std::string> details;
  if (!said.err.empty()) details.push_back(said.err);
  return {exit_code::failed, "crontab(1) cannot " + what + " the crontab: it " + said.how(),
          "`crontab -l` shows it; or choose another --method", std::move(details)};
}

/// Nothing: the user has none.
std::optional<std::string> crontab() {
  const auto said = run_program({"crontab", "-l"});
  if (said.status == 0) return said.out;
  for (const char* none : {"no crontab", "No such file"}) {
    if (said.err.find(none) != std::string::npos) return std::nullopt;
  }
  throw refused("read", said);
}

void install(const std::optional<std::string>& text) {
  const auto said = text ? run_program({"crontab", "-"}, *text) : run_program({"crontab", "-r"});
  if (said.status != 0) throw refused(text ? "write" : "remove", said);
}

/// Empty: the process is gone.
std::string name_of(const std::string& comm) {
  try {
    return read_file(comm, "the name of a process");
  } catch (const failure&) {
    return {};
  }
}

/// crontab(1) alone starts nothing.
bool cron_runs() {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ec)) {
    const auto pid = entry.path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(pid.front())) == 0) continue;
    const auto name = name_of(entry.path() / "comm");
    if (name == "cron\n" || name == "crond\n" || name == "fcron\n") return true;
  }
  return false;
}

std::string missing() {
  if (find_program("crontab").empty()) return "there is no crontab(1) on PATH";
  return cron_runs() ? "" : "no cron daemon runs";
}

std::string lines_of(const trigger& what) {
  std::string line = "@reboot";
  for (const auto& word : run_words(what)) line += " " + cron_quoted(word);
  return line + "\n";
}

sighting look(const std::string& config) {
  if (find_program("crontab").empty()) return {false, place, {}};
  try {
    const auto text = crontab();
    const bool there = text && find_block(*text, config);
    return {there, place, there && !cron_runs() ? "no cron daemon runs that would heed it" : ""};
  } catch (const failure& error) {
    return {false, place, error.what};
  }
}

change enable(const trigger& what) {
  if (find_program("crontab").empty()) {
    throw failure(exit_code::failed, "cannot use cron: " + missing(),
                  "install cron, or choose another --method");
  }
  const auto before = crontab();
  const auto after = put_block(before, {what.name, what.config, lines_of(what)});
  change done{before != after, place, {}};
  if (done.changed) install(after);
  if (!cron_runs()) done.notes.push_back("no cron daemon runs here: start one, or nothing happens");
  return done;
}

change disable(const std::string& config) {
  if (find_program("crontab").empty()) return {false, place, {}};
  const auto before = crontab();
  if (!before) return {false, place, {}};
  const auto after = take_block(*before, config);
  if (after == before) return {false, place, {}};
  install(after);
  return {true, place, {}};
}

}  // namespace

const autostart_method cron_method{
    "cron", "a cron daemon runs and starts it at boot", missing, look, enable, disable};

}  // namespace aurora::ctl

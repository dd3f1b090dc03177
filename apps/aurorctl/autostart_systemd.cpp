#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include <aurora/duration.hpp>

#include "autostart.hpp"
#include "block.hpp"
#include "detect_text.hpp"
#include "failure.hpp"
#include "launch.hpp"
#include "quoting.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

namespace fs = std::filesystem;

bool is_root() { return ::geteuid() == 0; }

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

constexpr const char* machine_directory = "/etc/systemd/system";

/// Where units of the machine, or of the user, are put.
std::string default_directory() {
  if (is_root()) return machine_directory;
  if (const auto base = variable("XDG_CONFIG_HOME"); base.starts_with('/')) {
    return base + "/systemd/user";
  }
  if (const auto home = variable("HOME"); home.starts_with('/')) {
    return home + "/.config/systemd/user";
  }
  throw failure(exit_code::failed, "cannot tell where units go: $HOME is not set",
                "set HOME, or choose another --method");
}

/// Where units are looked for; ours are put into the first. A user's stack may be started by a unit
/// of the machine, which root made.
std::vector<std::string> unit_directories() {
  std::vector<std::string> all;
  std::istringstream path(variable("SYSTEMD_UNIT_PATH"));
  for (std::string each; std::getline(path, each, ':');) all.push_back(each);
  if (!all.empty()) return all;
  all.push_back(default_directory());
  if (!is_root()) all.emplace_back(machine_directory);
  return all;
}

std::string unit_directory() { return unit_directories().front(); }

constexpr const char* of_the_machine = "multi-user.target";
constexpr const char* of_a_user = "default.target";

const char* target() { return is_root() ? of_the_machine : of_a_user; }

std::string link_in(const std::string& directory, const std::string& wanted_by,
                    const std::string& unit) {
  return directory + "/" + wanted_by + ".wants/" + unit;
}

std::string link_of(const std::string& unit) { return link_in(unit_directory(), target(), unit); }

bool is_link(const std::string& path) {
  std::error_code none;
  return fs::is_symlink(fs::symlink_status(path, none));
}

bool is_linked(const std::string& unit) { return is_link(link_of(unit)); }

program_result systemctl(std::vector<std::string> words) {
  words.insert(words.begin(), "systemctl");
  if (!is_root()) words.insert(words.begin() + 1, "--user");
  return run_program(words);
}

std::string command_line(std::string_view verb, const std::string& unit) {
  return fmt::format("systemctl {}{} {}", is_root() ? "" : "--user ", verb, unit);
}

std::string missing() {
  if (find_program("systemctl").empty()) return "there is no systemctl(1) on PATH";
  if (systemctl({"show", "--property=Version"}).status == 0) return {};
  return is_root() ? "systemd does not run here"
                   : "systemd does not answer to systemctl --user (sudo would make a unit of the "
                     "machine, which runs as you)";
}

/// The unit that starts this configuration, whatever its name; empty: there is none.
std::string find_unit(const std::string& config, const std::string& directory = unit_directory()) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory, ec)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("aurora-") || !name.ends_with(".service")) continue;
    const auto text = read_if_there(entry.path(), "the unit");
    if (text && text->find("\n" + starts_line(config)) != std::string::npos) return name;
  }
  return {};
}

std::string exec_line(const trigger& what) {
  std::string line = unit_program(what.daemon) + " --config " + unit_quoted(what.config);
  if (!what.state_dir.empty()) line += " --state-dir " + unit_quoted(what.state_dir);
  return line + " --start-delay " + unit_quoted(what.delay);
}

/// Exit code 0: no daemon runs. Where one does, the unit is skipped, which is no failure.
std::string condition_line(const trigger& what) {
  std::string line = unit_program(what.tool) + " -c " + unit_quoted(what.config);
  if (!what.state_dir.empty()) line += " --state-dir " + unit_quoted(what.state_dir);
  return line + " __absent";
}

/// What needs rights that the manager of a user does not have.
constexpr std::string_view for_the_machine = R"(LimitNOFILE=65536:524288
TasksMax=infinity
ProtectClock=yes
ProtectKernelLogs=yes
)";

/// As etc/aurorad.service, which tells why.
std::string unit_text(const trigger& what) {
  const auto delay = parse_duration(what.delay).value_or(duration{});
  const auto limit = 60 + std::chrono::ceil<std::chrono::seconds>(delay).count();
  return fmt::format(
      "# Written by `aurorctl autostart enable`; `aurorctl autostart disable` takes it away.\n{}"
      "[Unit]\nDescription=Aurora keeps {} running\nDocumentation=man:aurorad(8)\n{}\n"
      "[Service]\nType=notify\n{}ExecCondition={}\nExecStart={}\n"
      "ExecReload=/bin/kill -HUP $MAINPID\nKillMode=mixed\nTimeoutStopSec=120s\n"
      "TimeoutStartSec={}s\nWatchdogSec=30s\nRestart=on-failure\nRestartSec=1s\nDelegate=yes\n"
      "OOMPolicy=continue\n{}\n[Install]\nWantedBy={}\n",
      starts_line(what.config), what.name, is_root() ? "After=network.target\n" : "",
      what.account.empty() ? "" : "User=" + what.account + "\n", condition_line(what),
      exec_line(what), limit, is_root() ? for_the_machine : "", target());
}

void make_directory(const std::string& path) {
  std::error_code ec;
  fs::create_directories(path, ec);
  if (!ec) return;
  const bool denied = ec == std::errc::permission_denied;
  throw failure(denied ? exit_code::not_permitted : exit_code::failed,
                "cannot make the directory '" + path + "': " + ec.message(),
                "choose another --method, or make it");
}

failure another_configuration(const std::string& file) {
  return {exit_code::failed, "'" + file + "' starts another configuration",
          "give this one a name of its own: the key \"name\" in aurora.json"};
}

/// A unit that root made of a user's stack: that user's to see, and root's to change. Empty: none.
std::string find_roots_unit(const std::string& config) {
  const auto all = unit_directories();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto unit = find_unit(config, all[i]);
    if (unit.empty()) continue;
    if (is_link(link_in(all[i], of_the_machine, unit)) || is_link(link_in(all[i], of_a_user, unit)))
      return all[i] + "/" + unit;
  }
  return {};
}

sighting look(const std::string& config) {
  const auto unit = find_unit(config);
  if (unit.empty()) {
    if (auto roots = find_roots_unit(config); !roots.empty()) return {true, std::move(roots), {}};
    return {false, unit_directory(), {}};
  }
  const std::string file = unit_directory() + "/" + unit;
  if (is_linked(unit)) return {true, file, {}};
  return {false, file, "written, not enabled: " + command_line("enable", unit)};
}

void remove_unit(const std::string& unit) {
  const bool runs = missing().empty();
  if (runs) systemctl({"disable", unit});
  ::unlink(link_of(unit).c_str());
  const std::string file = unit_directory() + "/" + unit;
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
    throw failure(errno == EACCES ? exit_code::not_permitted : exit_code::failed,
                  "cannot remove '" + file + "': " + std::strerror(errno), "remove it by hand");
  }
  if (runs) systemctl({"daemon-reload"});
}

/// With the manager, or told as what is left to do.
void enable_unit(const std::string& unit, change& done) {
  const auto why = missing();
  if (!why.empty()) {
    if (!is_linked(unit)) done.notes.push_back(why + ": " + command_line("enable", unit));
    return;
  }
  if (done.changed) systemctl({"daemon-reload"});
  if (!is_linked(unit)) {
    const auto said = systemctl({"enable", unit});
    if (said.status != 0) {
      throw failure(exit_code::failed,
                    "systemctl(1) cannot enable '" + unit + "': it " + said.how(),
                    "try: " + command_line("enable", unit), {said.err});
    }
    done.changed = true;
  }
  if (!is_root()) {
    done.notes.push_back("it starts at your login; at boot after: loginctl enable-linger");
  }
}

change enable(const trigger& what) {
  for (const auto* text : {&what.config, &what.state_dir, &what.daemon, &what.tool}) {
    if (tellable(*text)) continue;
    throw failure(exit_code::failed, "'" + *text + "' cannot stand in a unit: it is not UTF-8",
                  "rename it, or choose another --method");
  }
  if (auto roots = find_roots_unit(what.config); !roots.empty()) {
    return {false, std::move(roots), {"it is root's to change: sudo aurorctl autostart enable"}};
  }
  const std::string unit = "aurora-" + what.name + ".service";
  const std::string file = unit_directory() + "/" + unit;
  const auto before = read_if_there(file, "the unit");
  const auto mine = find_unit(what.config);
  if (before && mine != unit) throw another_configuration(file);
  if (!mine.empty() && mine != unit) remove_unit(mine);  // the stack has another name now
  const auto after = unit_text(what);
  change done{before != after, file, {}};
  if (done.changed) {
    make_directory(unit_directory());
    replace_whole(file, after, 0644);
  }
  if (!what.account.empty())
    done.notes.push_back("it runs as " + what.account + ", whose configuration it is");
  enable_unit(unit, done);
  return done;
}

change disable(const std::string& config) {
  const auto unit = find_unit(config);
  if (unit.empty()) {
    const auto roots = find_roots_unit(config);
    if (roots.empty()) return {false, unit_directory(), {}};
    throw failure(exit_code::not_permitted, "'" + roots + "' is root's",
                  "sudo aurorctl autostart disable");
  }
  remove_unit(unit);
  return {true, unit_directory() + "/" + unit, {}};
}

}  // namespace

const autostart_method systemd_method{
    "systemd", "systemd runs here, restarts it and starts it at boot or login",
    missing,   look,
    enable,    disable};

}  // namespace aurora::ctl

#include "autostart.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>
#include <aurora/duration.hpp>

#include "client.hpp"
#include "context.hpp"
#include "detect.hpp"
#include "handlers.hpp"
#include "launch.hpp"
#include "places.hpp"
#include "quoting.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

const autostart_method* const methods[] = {&systemd_method, &cron_method, &shell_method};

std::string delay_of(const invocation& given) {
  auto text = given.value("delay").value_or("5s");
  if (parse_duration(text)) return text;
  throw failure(exit_code::usage, "--delay \"" + text + "\" is not a duration",
                "try \"5s\" or \"1m\"");
}

/// The name of the stack; an invalid configuration is not started at boot.
std::string name_in(const std::string& config) {
  disk_source disk;
  const auto loaded = load_config(config, disk);
  if (loaded.stack) return service_name(loaded.stack->name);
  std::vector<std::string> faults;
  for (const auto& fault : loaded.faults) faults.push_back(to_string(fault));
  throw failure(exit_code::invalid_configuration, config + " is invalid",
                "correct it; `aurorctl validate` checks it", std::move(faults));
}

/// By the rules, now: where it starts, neither the variable nor the working directory is there.
std::string given_state_dir(const invocation& given) {
  const char* variable = std::getenv("AURORA_STATE_DIR");
  if (given.state_dir) return absolute(*given.state_dir);
  return variable != nullptr && *variable != '\0' ? absolute(variable) : std::string();
}

/// A daemon of root's refuses what somebody else may change: it is to run as that one.
std::string other_owner(const std::string& config) {
  struct stat about {};
  if (::geteuid() != 0 || ::stat(config.c_str(), &about) != 0 || about.st_uid == 0) return {};
  if (const auto* account = ::getpwuid(about.st_uid)) return account->pw_name;
  throw failure(
      exit_code::failed,
      fmt::format("'{}' belongs to uid {}, and there is no such account", config, about.st_uid),
      "give it to an account, or to root: chown root '" + config + "'");
}

trigger trigger_of(const invocation& given) {
  trigger what;
  what.config = absolute(require_config(given));
  what.name = name_in(what.config);
  what.account = other_owner(what.config);
  what.state_dir = given_state_dir(given);
  what.delay = delay_of(given);
  what.tool = own_program();
  what.daemon = find_program("aurorad");
  if (what.daemon.empty()) {
    throw failure(exit_code::failed, "there is no 'aurorad' beside aurorctl nor on PATH",
                  "install it beside aurorctl");
  }
  for (const auto* path : {&what.config, &what.state_dir, &what.tool, &what.daemon}) {
    if (is_one_line(*path)) continue;
    throw failure(exit_code::failed, "'" + *path + "' has a control character in it",
                  "rename it: it has to stand on one line of a file");
  }
  return what;
}

struct choice {
  const autostart_method* method;
  std::string why;
};

choice choose(const invocation& given, const std::string& config) {
  const auto named = given.value("method");
  for (const auto* m : methods) {
    if (named == m->name) return {m, ""};
  }
  for (const auto* m : methods) {
    if (m->look(config).enabled) return {m, "it is enabled already"};
  }
  std::string why;
  for (const auto* m : methods) {
    const auto fault = m->missing();
    if (fault.empty()) return {m, why + std::string(m->good_for)};
    why += fault + "; ";
  }
  return {&shell_method, why};
}

void tell_change(context& c, const autostart_method& m, const change& done, const char* verb) {
  if (c.given.json) {
    json::array notes;
    for (const auto& note : done.notes) notes.emplace_back(note);
    c.out.line(to_text(json::object{{"method", m.name},
                                    {"changed", done.changed},
                                    {"where", done.where},
                                    {"notes", std::move(notes)}}));
    return;
  }
  c.say(neutralise(fmt::format("{}: {} in {}", m.name, verb, done.where), sgr::strip));
  for (const auto& note : done.notes) c.say("  " + note);
}

int enable(context& c) {
  const auto what = trigger_of(c.given);
  const auto chosen = choose(c.given, what.config);
  if (!chosen.why.empty()) {
    c.say("chose " + std::string(chosen.method->name) + ": " + chosen.why);
  }
  if (!what.account.empty() && chosen.method != &systemd_method) {
    throw failure(exit_code::failed,
                  fmt::format("'{}' belongs to {}: a daemon of root's would refuse it", what.config,
                              what.account),
                  fmt::format("run this as {}, or take --method systemd, whose unit runs as {}",
                              what.account, what.account));
  }
  const auto done = chosen.method->enable(what);
  tell_change(c, *chosen.method, done, done.changed ? "enabled" : "enabled already, as it is");
  return 0;
}

int disable(context& c) {
  const auto config = absolute(require_config(c.given));
  const auto named = c.given.value("method");
  bool any = false;
  std::optional<failure> fault;  // of one is no reason to leave the others
  for (const auto* m : methods) {
    if (named && *named != m->name) continue;
    try {
      const auto done = m->disable(config);
      any = any || done.changed;
      if (done.changed) tell_change(c, *m, done, "disabled");
    } catch (const failure& error) {
      fault = error;
    }
  }
  if (fault) throw failure(*fault);
  if (!any && c.given.json) c.out.line(R"({"changed":false})");
  if (!any) c.say("nothing was enabled");
  return 0;
}

int status(context& c) {
  const auto config = absolute(require_config(c.given));
  const auto named = c.given.value("method");
  bool any = false;
  json::array all;
  for (const auto* m : methods) {
    if (named && *named != m->name) continue;
    const auto seen = m->look(config);
    any = any || seen.enabled;
    all.push_back(json::object{{"method", m->name},
                               {"enabled", seen.enabled},
                               {"where", seen.where},
                               {"note", seen.note}});
    if (c.given.json) continue;
    c.out.line(pad(m->name, 9) + (seen.enabled ? "enabled   " : "disabled  ") +
               neutralise(seen.where + (seen.note.empty() ? "" : ": " + seen.note), sgr::strip));
  }
  if (c.given.json) c.out.line(to_text(json::object{{"methods", std::move(all)}}));
  return code(any ? exit_code::done : exit_code::not_running);
}

/// Whether a daemon has the state directory to itself.
bool lock_is_held(const std::string& state_dir) {
  const int fd = ::open((state_dir + "/aurorad.lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return held;
}

/// What the triggers run. Any number of them at once: the lock decides, and who is late is content.
asio::awaitable<int> start_unless_running(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  if (co_await daemon_answers(api)) co_return 0;
  const std::string state_dir = find_state_dir(c.given);
  if (lock_is_held(state_dir)) co_return 0;  // another one starts it just now
  auto daemon = launch_daemon(c.given, delay_of(c.given));
  std::optional<failure> fault;
  try {
    co_await await_daemon(c, api, daemon);
  } catch (const failure& error) {
    fault = error;
  }
  if (fault && !(daemon.poll() && lock_is_held(state_dir))) throw failure(*fault);
  co_return 0;
}

asio::awaitable<int> absent(context& c, endpoint where) {
  client api(c.io.get_executor(), std::move(where));
  co_return co_await daemon_answers(api) ? 1 : 0;
}

}  // namespace

std::vector<std::string> run_words(const trigger& what) {
  std::vector<std::string> words{what.tool, "-c", what.config};
  if (!what.state_dir.empty()) {
    words.emplace_back("--state-dir");
    words.push_back(what.state_dir);
  }
  for (const char* word : {"autostart", "run", "--delay"}) words.emplace_back(word);
  words.push_back(what.delay);
  return words;
}

int verb_autostart(context& c) {
  const auto& action = c.given.operands.front();
  if (c.given.host) {
    throw failure(exit_code::usage, "`autostart` is about this machine and takes no --host",
                  "run it on the machine itself");
  }
  if (action == "enable") return enable(c);
  if (action == "disable") return disable(c);
  if (action == "status") return status(c);
  if (action == "run") return run_on(c.io, start_unless_running(c, find_endpoint(c.given)));
  throw failure(exit_code::usage, "`autostart` does not know \"" + action + "\"",
                "it is one of enable, disable, status and run");
}

int verb_absent(context& c) {
  try {
    return run_on(c.io, absent(c, find_endpoint(c.given)));
  } catch (const failure&) {
    return 0;  // aurorad is to say what is wrong, rather than be skipped in silence
  }
}

}  // namespace aurora::ctl

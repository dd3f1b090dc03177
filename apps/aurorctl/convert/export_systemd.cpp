#include <fmt/format.h>

#include <aurora/exit_status.hpp>

#include "convert/outgoing.hpp"
#include "quoting.hpp"

namespace aurora::ctl::convert {
namespace {

std::string without_specifiers(const std::string& text) { return doubled(text, '%'); }

/// A newline cannot stand in a unit but as an escape.
std::string on_one_line(const std::string& quoted) {
  std::string out;
  for (const char c : quoted) {
    out += c == '\n' ? std::string("\\n") : c == '\t' ? std::string("\\t") : std::string(1, c);
  }
  return out;
}

std::string command_line(const std::vector<std::string>& words) {
  std::string out = unit_program(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) out += " " + unit_quoted(words[i]);
  return on_one_line(out);
}

class writer {
 public:
  writer(const stack_spec& stack, const outgoing& one, losses& lost)
      : stack_(stack), one_(one), of_(one.spec()), lost_(lost) {}

  std::string unit() {
    head();
    text_ += "\n[Service]\n";
    command();
    surroundings();
    restart();
    stopping();
    limits();
    if (of_.autostart) text_ += "\n[Install]\nWantedBy=multi-user.target\n";
    return std::move(text_);
  }

 private:
  void line(std::string_view key, const std::string& value) {
    text_ += std::string(key) + "=" + value + "\n";
  }

  void head() {
    text_ = "[Unit]\n";
    line("Description", without_specifiers(one_.name() + " of " + stack_.name));
    for (const auto& wanted : of_.depends_on) {
      const auto* found = service_named(stack_, wanted.service);
      if (found == nullptr) continue;
      if (found->type == service_type::external) {
        lost_.add(of_, "depends_on", "\"" + wanted.service + "\" is probed, and is no unit",
                  "none");
        continue;
      }
      for (unsigned i = 1; i <= found->instances; ++i) {
        const std::string unit = outgoing(*found, i).name() + ".service";
        line("After", unit);
        line(!wanted.required ? "Wants" : wanted.restart ? "BindsTo" : "Requires", unit);
      }
    }
    const bool endless = of_.restart.limit == 0;
    line("StartLimitIntervalSec",
         endless ? "0" : std::to_string(whole_seconds(of_.restart.window)));
    if (!endless) line("StartLimitBurst", std::to_string(of_.restart.limit + 1));
  }

  void command() {
    const bool notify = std::holds_alternative<ready_on_notify>(of_.ready);
    line("Type", of_.type == service_type::oneshot ? "oneshot" : notify ? "notify" : "exec");
    line("ExecStart", command_line(one_.words(of_.command)));
    const std::pair<const char*, const argv_template*> more[] = {
        {"ExecStartPre", &of_.hooks.pre_start},
        {"ExecStartPost", &of_.hooks.post_start},
        {"ExecStop", &of_.stop.command},
        {"ExecStopPost", &of_.hooks.post_stop}};
    for (const auto& [key, words] : more) {
      if (!words->empty()) line(key, command_line(one_.words(*words)));
    }
    if (!of_.hooks.pre_stop.empty()) {
      lost_.add(of_, "hooks.pre_stop", "a unit has no such hook", "ExecStop");
    }
    const bool other = std::holds_alternative<ready_on_log>(of_.ready) ||
                       std::holds_alternative<ready_on_fd>(of_.ready) ||
                       std::holds_alternative<ready_on_delay>(of_.ready);
    if (other) lost_.add(of_, "ready", "a unit is ready once it is executed", "Type=notify");
    if (of_.health) {
      lost_.add(of_, "health", "systemd makes no probes", "WatchdogSec= and sd_notify(3)");
    }
  }

  void surroundings() {
    line("WorkingDirectory", without_specifiers(of_.working_dir));
    for (const auto& path : one_.env_files()) line("EnvironmentFile", without_specifiers(path));
    for (const auto& [name, value] : one_.variables()) {
      line("Environment", on_one_line(unit_program(name + "=" + value)));
    }
    if (of_.user) line("User", without_specifiers(*of_.user));
    if (of_.group) line("Group", without_specifiers(*of_.group));
    line("UMask", fmt::format("{:04o}", of_.umask));
    if (of_.nice != 0) line("Nice", std::to_string(of_.nice));
    if (of_.logs != logs_spec{}) {
      lost_.add(of_, "logs", "output goes to the journal", "SystemMaxUse= in journald.conf(5)");
    }
    if (!of_.labels.empty()) lost_.add(of_, "labels", "a unit has none", "Description=");
  }

  void restart() {
    const auto& rule = of_.restart;
    const bool always = rule.policy == restart_policy::always && of_.type != service_type::oneshot;
    line("Restart", rule.policy == restart_policy::never ? "no" : always ? "always" : "on-failure");
    line("RestartSec",
         fmt::format("{}ms",
                     std::chrono::duration_cast<std::chrono::milliseconds>(rule.delay).count()));
    std::string codes;
    for (const int code : rule.success_codes) {
      if (code != 0) codes += (codes.empty() ? "" : " ") + std::to_string(code);
    }
    if (!codes.empty()) line("SuccessExitStatus", codes);
  }

  void stopping() {
    line("TimeoutStartSec", std::to_string(whole_seconds(of_.start_timeout)));
    line("TimeoutStopSec", std::to_string(whole_seconds(of_.stop.timeout)));
    line("KillSignal", signal_name(of_.stop.signal));
    line("KillMode", of_.stop.to == signal_scope::main ? "mixed" : "control-group");
  }

  void limits() {
    const auto& most = of_.limits;
    if (most.nofile) line("LimitNOFILE", std::to_string(*most.nofile));
    if (most.core) {
      const bool endless = most.core->value == static_cast<std::uint64_t>(-1);
      line("LimitCORE", endless ? "infinity" : std::to_string(most.core->value));
    }
    if (most.memory) line("MemoryMax", std::to_string(most.memory->value));
    if (most.cpu) line("CPUQuota", fmt::format("{:.0f}%", *most.cpu * 100));
    if (most.tasks) line("TasksMax", std::to_string(*most.tasks));
  }

  const stack_spec& stack_;
  const outgoing& one_;
  const service_spec& of_;
  losses& lost_;
  std::string text_;
};

/// What foreman does not know.
void tell_procfile(const service_spec& service, const outgoing& one, const std::string& name,
                   losses& lost) {
  for (const auto& path : one.env_files()) {
    lost.add(service, "env_files", "a process has no file of its own", "foreman start -e " + path);
  }
  const service_spec plain;
  if (service.restart != plain.restart)
    lost.add(service, "restart", "foreman restarts nothing", "none");
  if (!service.depends_on.empty()) lost.add(service, "depends_on", "all start at once", "none");
  if (service.health) lost.add(service, "health", "foreman makes no probes", "none");
  if (service.user || service.group)
    lost.add(service, "user", "all run as who starts foreman", "sudo -u before the command");
  if (service.stop != plain.stop)
    lost.add(service, "stop", "all get SIGTERM", "foreman start -t for the time");
  if (service.limits != plain.limits)
    lost.add(service, "limits", "there are none", "ulimit in the command");
  if (service.instances > 1)
    lost.add(service, "instances", "their number is not in the file",
             "foreman start -m " + name + "=" + std::to_string(service.instances));
  if (service.hooks != plain.hooks)
    lost.add(service, "hooks", "there are none", "a script that does all");
}

}  // namespace

exported export_systemd(const stack_spec& stack) {
  exported result;
  losses lost(stack);
  for (const auto& service : stack.services) {
    if (service.type == service_type::external) {
      lost.add(service, "type", "what runs elsewhere is no unit", "none is needed");
      continue;
    }
    tell_common(service, lost);
    for (unsigned i = 1; i <= service.instances; ++i) {
      losses others(stack);
      const outgoing one(service, i);
      result.files.emplace_back(one.name() + ".service",
                                writer(stack, one, i == 1 ? lost : others).unit());
    }
  }
  result.lost = std::move(lost.all);
  return result;
}

exported export_procfile(const stack_spec& stack) {
  exported result;
  losses lost(stack);
  std::string text;
  for (const auto& service : stack.services) {
    if (service.type == service_type::external) {
      lost.add(service, "type", "what runs elsewhere is no process", "none is needed");
      continue;
    }
    std::string name;
    for (const char c : service.name) name += c == '.' ? '_' : c;
    const outgoing one(service, 1);
    std::string line = "cd " + shell_quoted(service.working_dir) + " && ";
    for (const auto& [key, value] : one.variables()) line += key + "=" + shell_quoted(value) + " ";
    const auto words = one.words(service.command);
    std::string command;
    for (const auto& word : words) command += (command.empty() ? "" : " ") + shell_quoted(word);
    if (!is_one_line(line + command)) {
      lost.add(service, "command", "a line break cannot stand in a Procfile", "a script");
      continue;
    }
    text += name + ": " + line + "exec " + command + "\n";
    tell_procfile(service, one, name, lost);
    tell_common(service, lost);
  }
  result.files.emplace_back("Procfile", std::move(text));
  result.lost = std::move(lost.all);
  return result;
}

}  // namespace aurora::ctl::convert

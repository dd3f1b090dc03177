#include <algorithm>

#include "convert/importers.hpp"
#include "convert/yaml_keys.hpp"
#include "quoting.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr lost_key process_lost[] = {
    {"description", "services have labels only", "a comment, or \"labels\""},
    {"is_daemon", "a service that goes into the background leaves its supervisor",
     "an option of the program that keeps it in the foreground"},
    {"is_tty", "output goes to a file", "none"},
    {"is_foreground", "services have no terminal", "none"},
    {"is_interactive", "services have no terminal", "none"},
    {"is_elevated", "a service cannot ask for a password",
     "\"user\": \"root\", and aurorad as root"},
    {"is_template_disabled", "there are no templates", "none is needed"},
    {"is_strict", "keys that are not known are always refused", "none is needed"},
    {"log_location", "each service has its log, STATE/logs/NAME.log", "aurorctl logs NAME"},
    {"log_configuration", "logs are the bytes as they were written", "\"logs\""},
    {"disable_ansi_colors", "logs are the bytes as they were written", "none is needed"},
    {"vars", "there are no templates", "\"env\" and ${VAR}"},
    {"schedule", "nothing runs by the clock",
     "cron, or a timer of systemd, with aurorctl start NAME"},
    {"mcp", "there is no such interface", "aurora-api(7)"},
};
constexpr std::string_view process_taken[] = {
    "command",  "entrypoint",      "working_dir",    "environment",   "env_file",
    "disabled", "replicas",        "namespace",      "depends_on",    "availability",
    "shutdown", "readiness_probe", "liveness_probe", "ready_log_line"};
constexpr lost_key file_lost[] = {
    {"version", "the configuration has its own", "none is needed"},
    {"is_strict", "keys that are not known are always refused", "none is needed"},
    {"log_level", "it is no key of the configuration", "aurorad --log-level"},
    {"log_*", "each service has its log, STATE/logs/NAME.log", "aurorctl logs"},
    {"vars", "there are no templates", "\"env\" and ${VAR}"},
    {"shell", "a command is run by /bin/sh", "[\"bash\", \"-c\", \"…\"] as the command"},
    {"env_cmds", "no command makes variables", "\"env_files\" that a command writes"},
    {"extends", "the other file is not read", "\"include\", once that is imported as well"},
};

class importer : yaml_keys {
 public:
  using yaml_keys::yaml_keys;

  void run() {
    const auto root = read_yaml(in_.text, in_.file, to_.faults);
    if (!root) return;
    const tree* processes = root->find("processes");
    if (processes == nullptr || !processes->is_map() || processes->fields.empty()) {
      return to_.refuse(root->at, "processes", "there are no processes in it",
                        "is it the right file?");
    }
    put_pairs(to_.top, "env", root->find("environment"), "environment");
    static constexpr std::string_view taken[] = {"processes", "environment"};
    tell_lost(to_, *root, "", taken, file_lost);
    for (const auto& f : processes->fields) process(f);
    settle_dependencies(*processes);
  }

 private:
  void process(const field& from) {
    keys_ = &from.value;
    name_ = from.key;
    const tree* command = keys_->find("command");
    const tree* entry = keys_->find("entrypoint");
    if (command == nullptr && entry == nullptr) {
      return to_.refuse(from.at, name_, "this process has no command", "add one");
    }
    json::object& to = to_.add(name_, from.at);
    if (command != nullptr) {
      to["command"] = shell_text(*command);
    } else {
      to["command"] = words(*entry, name_ + ".entrypoint");
    }
    if (const auto* dir = keys_->find("working_dir"))
      to["working_dir"] = in_.path(variables(dir->text));
    put_pairs(to, "env", keys_->find("environment"), name_ + ".environment");
    if (const auto* file = keys_->find("env_file")) {
      to["env_files"] = json::array{json::value(in_.path(file->text))};
    }
    if (const auto* off = keys_->find("disabled"); off && flag(*off, name_ + ".disabled"))
      to["autostart"] = false;
    if (const auto* n = keys_->find("replicas"))
      to["instances"] = number(*n, name_ + ".replicas", 1);
    if (const auto* space = keys_->find("namespace"))
      within(to, "labels")["namespace"] = literal(space->text);
    availability(to);
    dependencies(to);
    readiness(to);
    shutdown(to);
    tell_lost(to_, *keys_, name_, process_taken, process_lost);
  }

  /// The tool fills in `$X` and `${X}` before the shell sees them.
  static std::string shell_text(const tree& command) { return variables(command.text); }

  void availability(json::object& to) {
    json::object rule{{"policy", "never"}};
    const tree* given = keys_->find("availability");
    const tree* word = given ? given->find("restart") : nullptr;
    const std::string policy = word ? word->text : "no";
    if (policy == "always" || policy == "unless-stopped") rule["policy"] = "always";
    if (policy == "on_failure" || policy == "on-failure") rule["policy"] = "on-failure";
    if (policy == "exit_on_failure") to["critical"] = true;
    if (given != nullptr && rule["policy"] != "never") {
      const tree* pause = given->find("backoff_seconds");
      const tree* most = given->find("max_restarts");
      const double delay =
          pause ? static_cast<double>(number(*pause, name_ + ".availability.backoff_seconds", 1))
                : 1;
      bound_restarts(rule, most ? number(*most, name_ + ".availability.max_restarts") : 0, delay,
                     1);
      rule["factor"] = 1;
    }
    to["restart"] = std::move(rule);
    if (given == nullptr) return;
    static constexpr std::string_view taken[] = {"restart", "backoff_seconds", "max_restarts"};
    static constexpr lost_key lost[] = {
        {"exit_on_end", "the others run on when one ends well",
         "\"critical\": true for one that fails"},
        {"exit_on_skipped", "the others run on", "\"critical\": true for one that fails"}};
    tell_lost(to_, *given, name_ + ".availability", taken, lost);
  }

  void dependencies(json::object& to) {
    const tree* wanted = keys_->find("depends_on");
    if (wanted == nullptr) return;
    json::object all;
    for (const auto& f : wanted->fields) {
      const tree* given = f.value.find("condition");
      const std::string word = given ? given->text : "process_started";
      std::string condition = "started";
      if (word == "process_healthy" || word == "process_log_ready") condition = "ready";
      if (word.starts_with("process_completed")) condition = "completed";
      if (word == "process_completed") {
        to_.lose(given->at, name_ + ".depends_on." + f.key,
                 "an end with a failure is no completion",
                 "\"restart\": {\"success_codes\": […]} of that service");
      }
      all[f.key] = json::object{{"condition", condition}};
    }
    to["depends_on"] = std::move(all);
  }

  void readiness(json::object& to) {
    const tree* live = keys_->find("liveness_probe");
    const tree* ready = keys_->find("readiness_probe");
    if (const auto* line = keys_->find("ready_log_line")) {
      to["ready"] = json::object{{"log", literal(pattern_of(line->text))}};
    }
    if (live != nullptr) {
      probe(to, *live, "liveness_probe", "restart");
      if (ready != nullptr) {
        to_.lose(ready->at, name_ + ".readiness_probe", "a service has one probe",
                 "\"health\", which makes it ready too");
      }
    } else if (ready != nullptr) {
      probe(to, *ready, "readiness_probe", "alert");
    }
  }

  /// A text as a pattern that matches it and nothing else.
  static std::string pattern_of(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
    return out;
  }

  void probe(json::object& to, const tree& from, const char* kind, const char* on_failure) {
    const std::string path = name_ + "." + kind;
    json::object rule;
    if (const auto* exec = from.find("exec"); exec && exec->find("command")) {
      rule["exec"] = json::array{"/bin/sh", "-c", json::value(shell_text(*exec->find("command")))};
    } else if (const auto* http = from.find("http_get")) {
      const auto part = [&](const char* key, std::string otherwise) {
        const tree* value = http->find(key);
        return value ? variables(value->text) : otherwise;
      };
      const std::string port = part("port", "");
      rule["http"] = part("scheme", "http") + "://" + part("host", "127.0.0.1") +
                     (port.empty() ? "" : ":" + port) + part("path", "/");
      if (const auto* status = http->find("status_code")) rule["status"] = status->text;
      static constexpr std::string_view taken[] = {"host", "port", "scheme", "path", "status_code"};
      static constexpr lost_key lost[] = {
          {"headers", "they are not read", "\"health\": {\"headers\": {…}}"}};
      tell_lost(to_, *http, path + ".http_get", taken, lost);
    } else {
      return wrong(from, path, "exec or http_get");
    }
    const std::pair<const char*, const char*> times[] = {{"period_seconds", "interval"},
                                                         {"timeout_seconds", "timeout"},
                                                         {"initial_delay_seconds", "start_period"}};
    for (const auto& [key, name] : times) {
      if (const auto* value = from.find(key)) rule[name] = time(*value, path + "." + key);
    }
    if (const auto* n = from.find("failure_threshold"))
      rule["retries"] = std::max(number(*n, path), 1LL);
    if (const auto* n = from.find("success_threshold"))
      rule["successes"] = std::max(number(*n, path), 1LL);
    rule["on_failure"] = on_failure;
    to["health"] = std::move(rule);
    static constexpr std::string_view taken[] = {"exec",
                                                 "http_get",
                                                 "period_seconds",
                                                 "timeout_seconds",
                                                 "initial_delay_seconds",
                                                 "failure_threshold",
                                                 "success_threshold"};
    tell_lost(to_, from, path, taken, {});
  }

  void shutdown(json::object& to) {
    const tree* given = keys_->find("shutdown");
    if (given == nullptr) return;
    json::object stop;
    if (const auto* command = given->find("command")) stop["command"] = shell_text(*command);
    if (const auto* sent = given->find("signal"))
      stop["signal"] = number(*sent, name_ + ".shutdown.signal", 15);
    if (const auto* grace = given->find("timeout_seconds"))
      stop["timeout"] = time(*grace, name_ + ".shutdown.timeout_seconds");
    if (const auto* main = given->find("parent_only");
        main && flag(*main, name_ + ".shutdown.parent_only"))
      stop["to"] = "main";
    if (!stop.empty()) to["stop"] = std::move(stop);
    static constexpr std::string_view taken[] = {"command", "signal", "timeout_seconds",
                                                 "parent_only"};
    tell_lost(to_, *given, name_ + ".shutdown", taken, {});
  }
};

}  // namespace

void import_process_compose(const input& in, draft& to) { importer(in, to).run(); }

}  // namespace aurora::ctl::convert

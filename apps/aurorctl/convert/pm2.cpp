#include <algorithm>

#include "convert/importers.hpp"
#include "convert/yaml_keys.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr lost_key app_lost[] = {
    {"exec_mode", "there is no cluster: each instance is a process with a PORT of its own",
     "\"instances\" and a proxy before them"},
    {"env_*", "there is one environment", "\"env_files\": [\"${STAGE}.env\"]"},
    {"max_memory_restart", "it is not restarted, but ended by the kernel where it takes more",
     "\"limits\": {\"memory\": …}"},
    {"cron*", "nothing runs by the clock",
     "cron, or a timer of systemd, with aurorctl restart NAME"},
    {"log_file", "each service has its log, STATE/logs/NAME.log", "aurorctl logs NAME"},
    {"out_file", "each service has its log, STATE/logs/NAME.log", "aurorctl logs NAME"},
    {"error_file", "each service has its log, STATE/logs/NAME.log",
     "\"logs\": {\"stderr\": \"separate\"}"},
    {"output", "each service has its log, STATE/logs/NAME.log", "aurorctl logs NAME"},
    {"error", "each service has its log, STATE/logs/NAME.log",
     "\"logs\": {\"stderr\": \"separate\"}"},
    {"log_date_format", "logs are the bytes as they were written", "aurorctl logs -t"},
    {"log_type", "logs are the bytes as they were written", "aurorctl logs --json"},
    {"time", "logs are the bytes as they were written", "aurorctl logs -t"},
    {"combine_logs", "each instance has its log", "aurorctl logs NAME shows all"},
    {"merge_logs", "each instance has its log", "aurorctl logs NAME shows all"},
    {"wait_ready", "process.send is not heard", "\"ready\": {\"notify\": true}, or \"log\""},
    {"instance_var", "instances are told their number", "AURORA_INSTANCE"},
    {"increment_var", "instances are told their number", "\"port\", which counts"},
    {"source_map_support", "it is no matter of a supervisor", "node --enable-source-maps"},
    {"pmx", "nothing is put into the program", "none is needed"},
    {"vizion", "versions of the source are not looked at", "none is needed"},
    {"automation", "nothing is put into the program", "none is needed"},
    {"force", "names differ", "none is needed"},
    {"append_env_to_name", "there is one environment", "none is needed"},
    {"post_update", "programs are not updated", "none"},
    {"treekill", "nothing of a stopped service stays", "none is needed"},
    {"shutdown_with_message", "process.send is not used", "\"stop\": {\"signal\": …}"},
};
constexpr std::string_view app_taken[] = {"name",
                                          "script",
                                          "args",
                                          "interpreter",
                                          "interpreter_args",
                                          "node_args",
                                          "cwd",
                                          "instances",
                                          "watch",
                                          "ignore_watch",
                                          "env",
                                          "autorestart",
                                          "max_restarts",
                                          "min_uptime",
                                          "restart_delay",
                                          "kill_timeout",
                                          "listen_timeout",
                                          "namespace",
                                          "uid",
                                          "gid",
                                          "user",
                                          "stop_exit_codes",
                                          "exp_backoff_restart_delay"};

class importer : yaml_keys {
 public:
  using yaml_keys::yaml_keys;

  void run() {
    if (in_.file.ends_with(".js") || in_.file.ends_with(".cjs") || in_.file.ends_with(".mjs")) {
      return to_.refuse({in_.file, 0, 0}, "", "it is a program, and programs are not run here",
                        "make JSON of it: node -p "
                        "'JSON.stringify(require(\"./ecosystem.config.js\"))' > pm2.json");
    }
    const auto read = in_.file.ends_with(".json") ? read_json : read_yaml;
    const auto root = read(in_.text, in_.file, to_.faults);
    if (!root) return;
    const tree* apps = root->find("apps");
    if (apps == nullptr || !apps->is_list() || apps->items.empty()) {
      return to_.refuse(root->at, "apps", "there is no list of apps in it",
                        "is it the right file?");
    }
    static constexpr std::string_view taken[] = {"apps"};
    static constexpr lost_key lost[] = {
        {"deploy", "programs are not brought to other machines", "rsync, git or your CI"}};
    tell_lost(to_, *root, "", taken, lost);
    for (const auto& each : apps->items) app(each);
  }

 private:
  std::string text(const char* key) const {
    const tree* value = keys_->find(key);
    return value && value->is_text() ? literal(value->text) : "";
  }

  void app(const tree& from) {
    keys_ = &from;
    const std::string script = text("script");
    if (script.empty()) return to_.refuse(from.at, "apps", "this app has no script", "add one");
    name_ = text("name");
    if (name_.empty()) name_ = script.substr(script.rfind('/') + 1);
    json::object& to = to_.add(name_, from.at);
    to["command"] = command(script);
    if (const auto dir = text("cwd"); !dir.empty()) to["working_dir"] = in_.path(dir);
    if (const auto* vars = keys_->find("env")) environment(to, *vars);
    if (const auto user = text(keys_->find("uid") ? "uid" : "user"); !user.empty())
      to["user"] = user;
    if (const auto group = text("gid"); !group.empty()) to["group"] = group;
    if (const auto space = text("namespace"); !space.empty())
      within(to, "labels")["namespace"] = space;
    instances(to);
    restarts(to);
    watch(to);
    json::object stop{{"signal", "SIGINT"}, {"timeout", milliseconds("kill_timeout", 1600)}};
    to["stop"] = std::move(stop);
    if (keys_->find("listen_timeout")) to["start_timeout"] = milliseconds("listen_timeout", 3000);
    tell_lost(to_, from, name_, app_taken, app_lost);
  }

  /// By its ending a script has an interpreter, as in pm2.
  json::array command(const std::string& script) {
    static constexpr std::pair<const char*, const char*> known[] = {
        {".js", "node"}, {".mjs", "node"}, {".cjs", "node"}, {".py", "python3"}, {".sh", "bash"},
        {".rb", "ruby"}, {".php", "php"},  {".pl", "perl"},  {".ts", "bun"}};
    std::string interpreter = text("interpreter");
    for (const auto& [ending, program] : known) {
      if (interpreter.empty() && script.ends_with(ending)) interpreter = program;
    }
    json::array all;
    const bool one_word = script.find(' ') == std::string::npos;
    if (!interpreter.empty() && interpreter != "none") {
      all.emplace_back(interpreter);
      for (const char* key : {"interpreter_args", "node_args"}) append(all, key);
      all.emplace_back(script);
    } else if (one_word) {
      all.emplace_back(script);
    } else {
      for (auto& word : words(*keys_->find("script"), name_ + ".script")) all.push_back(word);
    }
    append(all, "args");
    return all;
  }

  void append(json::array& all, const char* key) {
    const tree* given = keys_->find(key);
    if (given == nullptr) return;
    if (given->is_text()) {
      for (const auto& word : split_words(given->text).value_or(std::vector<std::string>()))
        all.emplace_back(literal(word));
    }
    for (const auto& item : given->items) all.emplace_back(literal(item.text));
  }

  void environment(json::object& to, const tree& vars) {
    json::object& env = within(to, "env");
    for (const auto& f : vars.fields) env[f.key] = literal(f.value.text);
  }

  void instances(json::object& to) {
    const tree* given = keys_->find("instances");
    if (given == nullptr) return;
    const auto n = as_number(*given);
    if (n && *n > 0) {
      to["instances"] = *n;
    } else {
      to_.lose(given->at, name_ + ".instances", "a number of processors is not counted",
               "\"instances\": 4");
    }
  }

  void restarts(json::object& to) {
    json::object rule{{"policy", "always"}};
    const tree* again = keys_->find("autorestart");
    if (again && !flag(*again, name_ + ".autorestart")) {
      rule["policy"] = "never";
    } else {
      const tree* most = keys_->find("max_restarts");
      const auto growing = amount("exp_backoff_restart_delay", 0);
      const double delay =
          static_cast<double>(growing > 0 ? growing : amount("restart_delay", 0)) / 1000;
      bound_restarts(rule, most ? number(*most, name_ + ".max_restarts", 16) : 16, delay,
                     static_cast<double>(amount("min_uptime", 1000)) / 1000);
      if (growing == 0) rule["factor"] = 1;
      rule["reset_after"] = milliseconds("min_uptime", 1000);
    }
    if (const auto* codes = keys_->find("stop_exit_codes")) {
      json::array list;
      for (const auto& item : codes->items)
        list.emplace_back(number(item, name_ + ".stop_exit_codes"));
      if (codes->is_text()) list.emplace_back(number(*codes, name_ + ".stop_exit_codes"));
      rule["success_codes"] = std::move(list);
      if (rule["policy"] == "always") rule["policy"] = "on-failure";
    }
    to["restart"] = std::move(rule);
  }

  void watch(json::object& to) {
    const tree* given = keys_->find("watch");
    if (given == nullptr || (given->is_text() && as_bool(*given) == false)) return;
    json::array paths;
    if (given->is_text())
      paths.emplace_back(as_bool(*given) == true ? in_.path(".") : in_.path(literal(given->text)));
    for (const auto& item : given->items) paths.emplace_back(in_.path(literal(item.text)));
    json::object rule{{"paths", std::move(paths)}};
    json::array ignored;
    if (const auto* list = keys_->find("ignore_watch")) {
      for (const auto& item : list->items) ignored.emplace_back(literal(item.text));
    }
    if (!ignored.empty()) rule["ignore"] = std::move(ignored);
    to["watch"] = std::move(rule);
  }

  /// Of a time in milliseconds, or text like "10s".
  long long amount(const char* key, long long otherwise) {
    const tree* given = keys_->find(key);
    if (given == nullptr) return otherwise;
    tree digits = *given;
    long long scale = 1;
    if (digits.text.ends_with('s') || digits.text.ends_with('m') || digits.text.ends_with('h')) {
      scale = digits.text.back() == 's' ? 1000 : digits.text.back() == 'm' ? 60000 : 3600000;
      digits.text.pop_back();
    }
    return std::min(number(digits, name_ + "." + key, otherwise), 1000000000LL / scale) * scale;
  }
  std::string milliseconds(const char* key, long long otherwise) {
    return seconds(static_cast<double>(amount(key, otherwise)) / 1000);
  }
};

}  // namespace

void import_pm2(const input& in, draft& to) { importer(in, to).run(); }

}  // namespace aurora::ctl::convert

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <aurora/duration.hpp>

#include "convert/importers.hpp"
#include "convert/systemd_text.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr lost_key service_lost[] = {
    {"ExecReload", "a reload is a signal", "aurorctl signal NAME HUP"},
    {"PIDFile", "a service stays in the foreground", "an option of the program for that"},
    {"BusName", "the bus is not asked", "\"ready\": {\"log\": …}"},
    {"RemainAfterExit", "a oneshot that ended well stays completed", "none is needed"},
    {"Protect*", "there is no sandbox", "\"user\", or bwrap before the command"},
    {"Private*", "there is no sandbox", "\"user\", or bwrap before the command"},
    {"Restrict*", "there is no sandbox", "\"user\", or bwrap before the command"},
    {"SystemCall*", "there is no sandbox", "\"user\", or bwrap before the command"},
    {"Read*", "there is no sandbox", "\"user\" and the modes of files"},
    {"Inaccessible*", "there is no sandbox", "\"user\" and the modes of files"},
    {"NoNewPrivileges", "there is no sandbox", "setpriv --no-new-privs before the command"},
    {"Capabilit*", "privileges are those of the user", "setpriv before the command"},
    {"AmbientCap*", "privileges are those of the user", "setpriv before the command"},
    {"Standard*", "output goes to the log, input is /dev/null", "aurorctl logs NAME"},
    {"Syslog*", "logs go to files", "aurorctl logs NAME"},
    {"RuntimeDirectory*", "directories are not made", "\"hooks\": {\"pre_start\": [\"mkdir\", …]}"},
    {"StateDirectory*", "directories are not made", "\"hooks\": {\"pre_start\": [\"mkdir\", …]}"},
    {"WatchdogSec", "the watchdog of sd_notify is asked for by the program", "\"health\""},
    {"Limit*", "of the limits only NOFILE and CORE are set", "prlimit before the command"},
    {"Restart*", "the pause doubles", "\"restart\": {\"factor\": …}"},
    {"OOM*", "it is left to the kernel", "\"limits\": {\"memory\": …}"},
    {"Slice", "each service has a cgroup of its own", "\"limits\""},
};
constexpr lost_key unit_lost[] = {
    {"Documentation", "services have labels only", "a comment"},
    {"Condition*", "nothing is left out without a word", "\"prerequisites\""},
    {"Assert*", "it is checked for the stack as a whole", "\"prerequisites\""},
    {"Conflicts", "no service stops another", "none"},
    {"OnFailure", "no service is started by a failure", "aurorctl events -f --json"},
    {"Before", "who comes later says so", "\"depends_on\" of that service"},
};
constexpr lost_key install_lost[] = {
    {"*", "who starts it is no matter of the service", "aurorctl autostart enable"}};

class importer {
 public:
  importer(const input& in, draft& to) : in_(in), to_(to) {}

  void run() {
    const auto root = read_unit(in_.text, in_.file, to_.faults);
    if (!root) return;
    const tree* service = root->find("Service");
    const std::filesystem::path path(in_.file);
    if (service == nullptr) {
      return to_.refuse(root->at, "", "there is no [Service] in it",
                        "name a unit that ends in .service");
    }
    json::object& to = to_.add(path.stem().string(), {in_.file, 0, 0});
    keys_ = service;
    unit_ = root->find("Unit");
    command(to);
    environment(to);
    kind(to);
    restarts(to);
    stopping(to);
    limits(to);
    others(to, *root);
  }

 private:
  /// The last of an assignment that may be repeated; nullptr: it is not there, or empty.
  const tree* last(const tree* section, std::string_view key) const {
    const tree* list = section ? section->find(key) : nullptr;
    taken_.push_back(key);
    return list && !list->items.back().text.empty() ? &list->items.back() : nullptr;
  }

  /// All of them behind the last empty one, which takes back what was before.
  std::vector<const tree*> all(std::string_view key) const {
    std::vector<const tree*> found;
    taken_.push_back(key);
    const tree* list = keys_->find(key);
    if (list == nullptr) return found;
    for (const auto& item : list->items) {
      if (item.text.empty()) {
        found.clear();
      } else {
        found.push_back(&item);
      }
    }
    return found;
  }

  void tell(const tree& value, std::string_view key, std::string why, std::string instead) {
    to_.lose(value.at, "Service." + std::string(key), std::move(why), std::move(instead));
  }

  /// Specifiers and variables: `%%` and `${X}` are what they are elsewhere, `$X` is a variable.
  std::string filled(const tree& value, std::string_view key, const std::string& text,
                     bool variables) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char next = i + 1 < text.size() ? text[i + 1] : '\0';
      if (text[i] == '%' && next == '%') {
        out += '%';
        ++i;
      } else if (text[i] == '%' && (next == 'n' || next == 'N' || next == 'p')) {
        out += std::filesystem::path(in_.file).stem().string() + (next == 'n' ? ".service" : "");
        ++i;
      } else if (text[i] == '%' && std::isalpha(static_cast<unsigned char>(next)) != 0) {
        tell(value, key, std::string("the specifier %") + next + " is not filled in",
             "write its value");
        out += '%';
      } else if (text[i] == '$' && next == '$' && variables) {
        out += "$$";
        ++i;
      } else if (text[i] == '$') {
        out += "$$";
      } else {
        out += text[i];
      }
    }
    return out;
  }

  /// A command line without its prefixes. What it fills in from its environment a shell fills in.
  json::value line(const tree& value, std::string_view key) {
    std::string text = value.text;
    while (!text.empty() &&
           std::string_view("-@:+!").find(text.front()) != std::string_view::npos) {
      tell(value, key, std::string("the prefix ") + text.front() + " is not known",
           text.front() == '-' ? "a command that ends with || true" : "none");
      text.erase(0, 1);
    }
    const auto words = split_words(text);
    if (!words || words->empty()) {
      to_.refuse(value.at, "Service." + std::string(key), "a quote is not closed, or it is empty",
                 "close it");
      return nullptr;
    }
    const bool variables = text.find("${") != std::string::npos;
    if (variables) return json::value(filled(value, key, "exec " + text, true));
    json::array list;
    for (const auto& word : *words) list.emplace_back(filled(value, key, word, true));
    return list;
  }

  void command(json::object& to) {
    const auto lines = all("ExecStart");
    if (lines.empty())
      return to_.refuse(keys_->at, "Service", "there is no ExecStart in it", "add one");
    to["command"] = line(*lines.back(), "ExecStart");
    if (lines.size() > 1)
      tell(*lines.front(), "ExecStart", "a service has one command",
           "\"hooks\": {\"pre_start\": …}");
    static constexpr std::pair<const char*, const char*> hooks[] = {{"ExecStartPre", "pre_start"},
                                                                    {"ExecStartPost", "post_start"},
                                                                    {"ExecStopPost", "post_stop"}};
    json::object made;
    for (const auto& [key, name] : hooks) {
      const auto given = all(key);
      if (given.empty()) continue;
      made[name] = line(*given.front(), key);
      for (std::size_t i = 1; i < given.size(); ++i)
        tell(*given[i], key, "a hook is one command", "a script that does all");
    }
    if (!made.empty()) to["hooks"] = std::move(made);
  }

  void environment(json::object& to) {
    json::object env;
    for (const auto* value : all("Environment")) {
      const auto words = split_words(value->text);
      for (const auto& word : words.value_or(std::vector<std::string>())) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
          tell(*value, "Environment", "it is no NAME=value", "put it right");
          continue;
        }
        env[word.substr(0, equals)] = filled(*value, "Environment", word.substr(equals + 1), false);
      }
    }
    if (!env.empty()) to["env"] = std::move(env);
    json::array files;
    for (const auto* value : all("EnvironmentFile")) {
      const bool may_lack = value->text.starts_with('-');
      const std::string path = value->text.substr(may_lack ? 1 : 0);
      std::string why;
      if (may_lack && !in_.disk.read(in_.absolute_path(path), why)) {
        tell(*value, "EnvironmentFile", "it is not there, and an env file has to be",
             "\"env_files\", once it is there");
      } else {
        files.emplace_back(literal(path));
      }
    }
    if (!files.empty()) to["env_files"] = std::move(files);
  }

  void kind(json::object& to) {
    const tree* type = last(keys_, "Type");
    const std::string word = type ? type->text : "simple";
    if (word == "oneshot") to["type"] = "oneshot";
    if (word.starts_with("notify")) to["ready"] = json::object{{"notify", true}};
    if (word == "forking" || word == "dbus") {
      tell(*type, "Type", "a service stays in the foreground",
           "an option of the program that keeps it there");
    }
    if (const auto* dir = last(keys_, "WorkingDirectory")) {
      if (dir->text.front() == '~' || dir->text.front() == '-') {
        tell(*dir, "WorkingDirectory", "it is no path", "\"working_dir\" with the whole path");
      } else {
        to["working_dir"] = filled(*dir, "WorkingDirectory", dir->text, false);
      }
    } else {
      to["working_dir"] = "/";
    }
    static constexpr std::pair<const char*, const char*> same[] = {
        {"User", "user"}, {"Group", "group"}, {"UMask", "umask"}};
    for (const auto& [key, name] : same) {
      if (const auto* value = last(keys_, key)) to[name] = filled(*value, key, value->text, false);
    }
    if (const auto* nice = last(keys_, "Nice")) to["nice"] = as_number(*nice).value_or(0);
  }

  void restarts(json::object& to) {
    static constexpr std::pair<const char*, const char*> policies[] = {
        {"no", "never"},
        {"always", "always"},
        {"on-failure", "on-failure"},
        {"on-abnormal", "on-failure"},
        {"on-abort", "on-failure"},
        {"on-watchdog", "on-failure"},
        {"on-success", "always"}};
    const tree* given = last(keys_, "Restart");
    const std::string word = given ? given->text : "no";
    json::object rule{{"policy", "never"}};
    for (const auto& [theirs, ours] : policies) {
      if (word == theirs) rule["policy"] = ours;
    }
    if (word.starts_with("on-") && word != "on-failure") {
      tell(*given, "Restart", "the way it ended is not told apart so",
           "\"restart\": {\"policy\": \"" + std::string(rule["policy"].as_string()) +
               "\"}, which stands there now");
    }
    if (rule["policy"] != "never") {
      rule["delay"] = time("RestartSec", "100ms");
      rule["factor"] = 1;
      rule["jitter"] = 0;
      const tree* burst = last(unit_, "StartLimitBurst");
      const tree* window = last(unit_, "StartLimitIntervalSec");
      // The first start counts there.
      const auto starts = burst ? as_number(*burst).value_or(5) : 5;
      rule["limit"] = std::max<long long>(starts - 1, 1);
      rule["window"] = window ? systemd_span(window->text).value_or("10s") : "10s";
      unreachable(rule);
    }
    success(rule);
    to["restart"] = std::move(rule);
  }

  /// Where the pauses alone last as long as the window there is no limit in effect.
  static void unreachable(json::object& rule) {
    const auto of = [&](const char* key) {
      return parse_duration(std::string(rule[key].as_string())).value_or(duration{});
    };
    const auto span = of("delay") * rule["limit"].to_number<long long>();
    if (span < of("window")) return;
    rule["limit"] = 0;
    rule.erase("window");
    if (of("delay") > std::chrono::seconds(30)) rule["max_delay"] = rule["delay"];
  }

  void success(json::object& rule) {
    json::array codes{0};
    for (const auto* value : all("SuccessExitStatus")) {
      for (const auto& word : split_words(value->text).value_or(std::vector<std::string>())) {
        tree one = *value;
        one.text = word;
        if (const auto n = as_number(one)) {
          codes.emplace_back(*n);
        } else {
          tell(*value, "SuccessExitStatus", "\"" + word + "\" is no number",
               "\"restart\": {\"success_codes\": […]}");
        }
      }
    }
    if (codes.size() > 1) rule["success_codes"] = std::move(codes);
  }

  std::string time(std::string_view key, const std::string& otherwise) {
    const tree* given = last(keys_, key);
    if (given == nullptr) return otherwise;
    const auto span = systemd_span(given->text);
    if (!span) tell(*given, key, "it is no time that can stand here", "a duration like 1m30s");
    return span.value_or(otherwise);
  }

  void stopping(json::object& to) {
    json::object stop{{"timeout", time("TimeoutStopSec", time("TimeoutSec", "90s"))}};
    if (const auto* sent = last(keys_, "KillSignal")) stop["signal"] = sent->text;
    const tree* mode = last(keys_, "KillMode");
    if (mode && (mode->text == "mixed" || mode->text == "process")) stop["to"] = "main";
    if (mode && (mode->text == "process" || mode->text == "none")) {
      tell(*mode, "KillMode", "nothing of a stopped service stays",
           "a service of its own for what is to stay");
    }
    const auto lines = all("ExecStop");
    if (!lines.empty() && lines.front()->text.find("MAINPID") != std::string::npos) {
      tell(*lines.front(), "ExecStop", "a command is not told the pid",
           "\"stop\": {\"signal\": …}");
    } else if (!lines.empty()) {
      stop["command"] = line(*lines.front(), "ExecStop");
      for (std::size_t i = 1; i < lines.size(); ++i)
        tell(*lines[i], "ExecStop", "it is one command", "a script that does all");
    }
    to["stop"] = std::move(stop);
    if (keys_->find("TimeoutStartSec") || keys_->find("TimeoutSec")) {
      to["start_timeout"] = time("TimeoutStartSec", time("TimeoutSec", "90s"));
    }
  }

  void limits(json::object& to) {
    json::object limits;
    if (const auto* n = last(keys_, "LimitNOFILE")) limits["nofile"] = as_number(*n).value_or(1024);
    if (const auto* most = last(keys_, "MemoryMax")) {
      if (const auto size = systemd_size(most->text)) {
        limits["memory"] = *size;
      } else {
        tell(*most, "MemoryMax", "it is no number of bytes", "\"limits\": {\"memory\": \"1GiB\"}");
      }
    }
    if (const auto* n = last(keys_, "TasksMax")) {
      if (const auto count = as_number(*n)) limits["tasks"] = *count;
    }
    if (const auto* quota = last(keys_, "CPUQuota")) {
      tree percent = *quota;
      if (percent.text.ends_with('%')) percent.text.pop_back();
      if (const auto n = as_number(percent)) limits["cpu"] = static_cast<double>(*n) / 100;
    }
    if (!limits.empty()) to["limits"] = std::move(limits);
  }

  /// One unit is one configuration: what it needs is told, and added by hand.
  void others(json::object& to, const tree& root) {
    if (const auto* words = last(unit_, "Description"))
      within(to, "labels")["description"] = filled(*words, "Description", words->text, false);
    static constexpr lost_key order[] = {
        {"After", "other units are not read",
         "\"depends_on\", where that is a service of the stack"},
        {"Requires", "other units are not read",
         "\"depends_on\", where that is a service of the stack"},
        {"Wants", "other units are not read", "\"depends_on\" with \"required\": false"},
        {"BindsTo", "other units are not read", "\"depends_on\" with \"restart\": true"},
        {"PartOf", "other units are not read", "\"depends_on\" with \"restart\": true"}};
    std::vector<lost_key> known(std::begin(unit_lost), std::end(unit_lost));
    known.insert(known.end(), std::begin(order), std::end(order));
    for (const auto& section : root.fields) {
      if (section.key == "Service") {
        tell_lost(to_, section.value, "Service", taken_, service_lost);
      } else if (section.key == "Unit") {
        tell_lost(to_, section.value, "Unit", taken_, known);
      } else {
        tell_lost(to_, section.value, section.key, {}, install_lost);
      }
    }
  }

  const input& in_;
  draft& to_;
  const tree* keys_ = nullptr;
  const tree* unit_ = nullptr;
  mutable std::vector<std::string_view> taken_;  ///< what was asked for
};

}  // namespace

void import_systemd(const input& in, draft& to) { importer(in, to).run(); }

}  // namespace aurora::ctl::convert

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "convert/importers.hpp"
#include "convert/supervisord_text.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr lost_key program_lost[] = {
    {"process_name", "instances are called NAME@1, NAME@2 …", "none is needed"},
    {"priority", "services start in parallel, as soon as what they need is ready",
     "\"depends_on\" with the services that come first"},
    {"stdout_logfile", "each service has one log, STATE/logs/NAME.log", "aurorctl logs NAME"},
    {"stderr_logfile", "each service has its log at STATE/logs/NAME.err.log",
     "aurorctl logs NAME, or \"logs\": {\"stderr\": \"merged\"}"},
    {"stderr_logfile_maxbytes", "one size is for both logs of a service", "\"logs.max_size\""},
    {"stderr_logfile_backups", "one number is for both logs of a service", "\"logs.keep\""},
    {"stdout_capture_maxbytes", "output is not searched for events", "aurorctl events"},
    {"stderr_capture_maxbytes", "output is not searched for events", "aurorctl events"},
    {"stdout_events_enabled", "output makes no events", "aurorctl logs -f NAME"},
    {"stderr_events_enabled", "output makes no events", "aurorctl logs -f NAME"},
    {"stdout_syslog", "logs go to files only", "aurorctl logs -f NAME | logger -t NAME"},
    {"stderr_syslog", "logs go to files only", "aurorctl logs -f NAME | logger -t NAME"},
    {"serverurl", "services are not told of the daemon", "aurorctl finds it by itself"},
};
constexpr std::string_view program_taken[] = {"command",
                                              "directory",
                                              "environment",
                                              "user",
                                              "umask",
                                              "autostart",
                                              "autorestart",
                                              "exitcodes",
                                              "startsecs",
                                              "startretries",
                                              "stopsignal",
                                              "stopwaitsecs",
                                              "stopasgroup",
                                              "killasgroup",
                                              "redirect_stderr",
                                              "numprocs",
                                              "numprocs_start",
                                              "stdout_logfile_maxbytes",
                                              "stdout_logfile_backups"};

constexpr lost_key daemon_lost[] = {
    {"logfile*", "aurorad logs to its stderr, or to STATE/logs/aurorad.log when it is detached",
     "none is needed"},
    {"loglevel", "it is no key of the configuration", "aurorad --log-level"},
    {"pidfile", "the lock file STATE/aurorad.lock holds the pid", "aurorctl status --json"},
    {"nodaemon", "aurorad stays in the foreground", "aurorctl up -d for the background"},
    {"silent", "it is no key of the configuration", "aurorad --log-level"},
    {"childlogdir", "logs are kept in the state directory", "\"state_dir\""},
    {"directory", "paths are relative to the configuration", "\"defaults\": {\"working_dir\": …}"},
    {"user", "aurorad stays the user that started it", "\"defaults\": {\"user\": …}"},
    {"nocleanup", "logs are kept over starts", "none is needed"},
    {"minprocs", "the daemon checks no such limit", "aurorctl doctor"},
    {"identifier", "the stack has a name", "\"name\""},
    {"strip_ansi", "logs are the bytes as they were written", "aurorctl logs strips for a pipe"},
};
constexpr std::string_view daemon_taken[] = {"environment", "umask", "minfds"};

struct group_of_sections {
  std::string_view prefix, why, instead;
};
constexpr group_of_sections foreign[] = {
    {"unix_http_server", "aurorad listens on STATE/aurorad.sock", "\"control\": {\"group\": …}"},
    {"inet_http_server", "aurorad serves its own API and dashboard",
     "\"http\": {\"listen\": \"127.0.0.1:9090\"}"},
    {"supervisorctl", "aurorctl finds the daemon by its configuration", "none is needed"},
    {"ctlplugin:", "aurorctl has no plugins", "none"},
    {"rpcinterface:", "the daemon has one interface", "aurora-api(7)"},
    {"eventlistener:", "services are not fed with events", "aurorctl events -f --json"},
    {"fcgi-program:", "sockets are not opened for services", "a service that opens its own"},
};

class importer {
 public:
  importer(const input& in, draft& to) : in_(in), to_(to) {}

  void run() {
    const auto root = read(in_.text, in_.file);
    if (!root) return;
    include(*root);
    if (!to_.faults.empty()) return;
    for (const auto& section : sections_) take(section);
    for (const auto& section : sections_) {
      if (section.key.starts_with("group:")) group(section);
    }
    if (to_.services().empty() && to_.faults.empty()) {
      to_.refuse(root->at, "", "there is no [program:NAME] in it", "is it the right file?");
    }
  }

 private:
  std::optional<tree> read(const std::string& text, const std::string& file) {
    diagnostics faults, twice;
    auto root = read_ini(text, file, faults, twice);
    to_.faults.insert(to_.faults.end(), faults.begin(), faults.end());
    to_.lost.insert(to_.lost.end(), twice.begin(), twice.end());
    return root;
  }

  /// The sections of this file and of those that `[include]` names.
  void include(const tree& root) {
    sections_ = root.fields;
    const tree* wanted = root.find("include");
    const tree* files = wanted ? wanted->find("files") : nullptr;
    if (files == nullptr) return;
    const auto patterns = split_words(expand(*files, ""));
    for (const auto& pattern : patterns.value_or(std::vector<std::string>())) {
      for (const auto& file : in_.disk.glob(in_.absolute_path(pattern))) {
        std::string why;
        const auto text = in_.disk.read(file, why);
        if (!text) {
          to_.refuse(files->at, "include.files", "cannot read '" + file + "': " + why,
                     "make it readable, or take it out");
          continue;
        }
        if (const auto more = read(*text, file)) {
          sections_.insert(sections_.end(), more->fields.begin(), more->fields.end());
        }
      }
    }
  }

  /// `%(…)s` filled in, as text that the loader takes as it is.
  std::string expand(const tree& value, const std::string& name) {
    const auto result = expand_supervisord(value.text, {in_.directory(), name, number_, many_});
    if (!result.fault.empty()) {
      to_.refuse(value.at, name, result.fault, "take it out, or write its value");
    }
    if (result.counts) {
      to_.lose(value.at, section_ + ".%(process_num)d",
               fmt::format("instances count from 1, here from {}, without leading zeros", number_),
               "${AURORA_INSTANCE}, which stands there now");
    }
    return result.text;
  }

  void take(const field& section) {
    section_ = section.key;
    if (section.key == "supervisord") return daemon(section.value);
    if (section.key.starts_with("program:")) return program(section);
    if (section.key.starts_with("group:")) return;
    if (section.key == "include") {
      static constexpr std::string_view files[] = {"files"};
      return tell_lost(to_, section.value, "include", files, {});
    }
    for (const auto& [prefix, why, instead] : foreign) {
      if (!section.key.starts_with(prefix)) continue;
      const lost_key all[] = {{"*", why, instead}};
      if (section.value.fields.empty()) {
        to_.lose(section.at, section.key, std::string(why), std::string(instead));
      }
      return tell_lost(to_, section.value, section.key, {}, all);
    }
    to_.lose(section.at, section.key, "this section is not known here", "none");
  }

  void daemon(const tree& keys) {
    many_ = false;
    if (const auto* vars = keys.find("environment")) environment(to_.top, *vars, "");
    json::object defaults;
    if (const auto* mask = keys.find("umask")) defaults["umask"] = expand(*mask, "");
    if (const auto* files = keys.find("minfds")) {
      if (const auto n = number(*files)) within(defaults, "limits")["nofile"] = *n;
    }
    if (!defaults.empty()) to_.top["defaults"] = std::move(defaults);
    tell_lost(to_, keys, "supervisord", daemon_taken, daemon_lost);
  }

  void program(const field& section) {
    keys_ = &section.value;
    const std::string name = section.key.substr(std::string_view("program:").size());
    name_ = name;
    many_ = false;
    const auto count = number_of("numprocs", 1);
    number_ = number_of("numprocs_start", 0);
    many_ = count > 1;
    json::object& to = to_.add(name, section.at);
    command(to, section);
    if (many_) to["instances"] = count;
    if (const auto* dir = keys_->find("directory")) to["working_dir"] = in_.path(text(*dir));
    if (const auto* vars = keys_->find("environment")) environment(to, *vars, name);
    if (const auto* user = keys_->find("user")) to["user"] = text(*user);
    if (const auto* mask = keys_->find("umask")) to["umask"] = text(*mask);
    if (!flag("autostart", true)) to["autostart"] = false;
    restarts(to);
    stopping(to);
    logs(to);
    tell_lost(to_, *keys_, section_, program_taken, program_lost);
  }

  void command(json::object& to, const field& section) {
    const tree* command = keys_->find("command");
    if (command == nullptr || command->text.empty()) {
      return to_.refuse(section.at, section_, "this program has no command", "add command=…");
    }
    const auto words = split_words(text(*command));
    if (!words || words->empty()) {
      return to_.refuse(command->at, section_ + ".command", "a quote is not closed", "close it");
    }
    json::array list;
    for (const auto& word : *words) list.emplace_back(word);
    to["command"] = std::move(list);
  }

  void environment(json::object& to, const tree& value, const std::string& name) {
    const auto pairs = supervisord_environment(expand(value, name));
    if (!pairs) {
      return to_.refuse(value.at, section_ + ".environment", "it is no list of KEY=\"value\" pairs",
                        "write KEY=\"value\",OTHER=\"value\"");
    }
    json::object& env = within(to, "env");
    for (const auto& [key, word] : *pairs) env[key] = word;
  }

  void restarts(json::object& to) {
    const double alive = static_cast<double>(number_of("startsecs", 1));
    const auto tries = number_of("startretries", 3);
    json::object restart;
    const tree* wanted = keys_->find("autorestart");
    const auto always = wanted ? as_bool(*wanted) : std::nullopt;
    restart["policy"] = !always ? "on-failure" : *always ? "always" : "never";
    if (!always && wanted != nullptr && wanted->text != "unexpected") {
      to_.refuse(wanted->at, section_ + ".autorestart",
                 "\"" + wanted->text + "\" is none of true, false and unexpected", "write one");
    }
    const bool never = always.has_value() && !*always;
    if (!never) bound_restarts(restart, std::max(tries, 1LL), 1, alive);
    if (!never && alive > 0) restart["reset_after"] = seconds(alive);
    if (const auto* given = keys_->find("startretries"); given && (tries == 0 || never)) {
      to_.lose(given->at, section_ + ".startretries",
               never ? "with autorestart=false a start that fails is not tried again"
                     : "a limit of 0 means without end",
               never ? "\"restart\": {\"policy\": \"on-failure\"}" : "\"restart\": {\"limit\": 1}");
    }
    exit_codes(restart);
    to["restart"] = std::move(restart);
    if (alive > 0) to["ready"] = json::object{{"delay", seconds(alive)}};
  }

  void exit_codes(json::object& restart) {
    const tree* codes = keys_->find("exitcodes");
    if (codes == nullptr) return;
    json::array list;
    for (std::string_view rest = codes->text; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      tree one = *codes;
      one.text = std::string(rest.substr(0, end));
      std::erase(one.text, ' ');
      if (!one.text.empty()) list.emplace_back(number(one).value_or(0));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    restart["success_codes"] = std::move(list);
  }

  void stopping(json::object& to) {
    json::object& stop = within(to, "stop");
    if (const auto* name = keys_->find("stopsignal")) {
      const std::string word = text(*name);
      const bool bare =
          !word.starts_with("SIG") && word.find_first_not_of("0123456789") != word.npos;
      stop["signal"] = bare ? "SIG" + word : word;
    }
    stop["timeout"] = seconds(static_cast<double>(number_of("stopwaitsecs", 10)));
    stop["to"] = flag("stopasgroup", false) ? "group" : "main";
    const tree* kill = keys_->find("killasgroup");
    if (kill != nullptr && !flag("killasgroup", true)) {
      to_.lose(kill->at, section_ + ".killasgroup",
               "nothing of a stopped service stays: what is left is killed with it",
               "a service of its own for what is to stay");
    }
  }

  void logs(json::object& to) {
    json::object& logs = within(to, "logs");
    logs["stderr"] = flag("redirect_stderr", false) ? "merged" : "separate";
    if (const auto* most = keys_->find("stdout_logfile_maxbytes")) {
      const auto size = supervisord_size(text(*most));
      if (!size) {
        to_.refuse(most->at, section_ + ".stdout_logfile_maxbytes", "it is no size", "write 50MB");
      } else if (*size == 0) {
        to_.lose(most->at, section_ + ".stdout_logfile_maxbytes", "a log has a limit always",
                 "\"logs\": {\"max_size\": \"1GiB\"}");
      } else {
        logs["max_size"] = *size;
      }
    }
    if (keys_->find("stdout_logfile_backups")) {
      logs["keep"] = number_of("stdout_logfile_backups", 10);
    }
  }

  void group(const field& section) {
    section_ = section.key;
    static constexpr std::string_view taken[] = {"programs"};
    static constexpr lost_key lost[] = {
        {"priority", "services start in parallel, as soon as what they need is ready",
         "\"depends_on\""}};
    tell_lost(to_, section.value, section.key, taken, lost);
    const tree* programs = section.value.find("programs");
    std::string rest = programs ? programs->text : "";
    std::replace(rest.begin(), rest.end(), ',', ' ');
    for (const auto& name : split_words(rest).value_or(std::vector<std::string>())) {
      json::object* service = to_.find(name);
      if (service == nullptr) {
        to_.lose(programs->at, section.key + ".programs", "there is no program \"" + name + "\"",
                 "none");
      } else {
        within(*service, "labels")["group"] = section.key.substr(6);
      }
    }
  }

  std::string text(const tree& value) { return expand(value, name_); }

  std::optional<long long> number(const tree& value) {
    const auto n = as_number(value);
    if (n && *n >= 0 && *n <= 1000000) return n;
    to_.refuse(value.at, section_, "\"" + value.text + "\" is no number that can stand here",
               "write a whole number from 0 to 1000000");
    return std::nullopt;
  }

  long long number_of(std::string_view key, long long otherwise) {
    const tree* value = keys_->find(key);
    return value ? number(*value).value_or(otherwise) : otherwise;
  }

  bool flag(std::string_view key, bool otherwise) {
    const tree* value = keys_->find(key);
    if (value == nullptr) return otherwise;
    const auto given = as_bool(*value);
    if (!given) {
      to_.refuse(value->at, section_ + "." + std::string(key),
                 "\"" + value->text + "\" is neither true nor false", "write one of them");
    }
    return given.value_or(otherwise);
  }

  const input& in_;
  draft& to_;
  std::vector<field> sections_;
  const tree* keys_ = nullptr;
  std::string section_, name_;
  long long number_ = 0;
  bool many_ = false;
};

}  // namespace

void import_supervisord(const input& in, draft& to) { importer(in, to).run(); }

}  // namespace aurora::ctl::convert

#include <algorithm>
#include <iterator>

#include "convert/importers.hpp"
#include "convert/yaml_keys.hpp"
#include "detect_text.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr std::string_view host = "the program runs on this machine, in no container";

constexpr lost_key service_lost[] = {
    {"image", host, "install what is in it; or a service whose command is docker run --rm …"},
    {"build", host, "build it before: \"hooks\": {\"pre_start\": …}"},
    {"container_name", "services have one name", "the name of the service"},
    {"volumes", host, "paths of this machine in \"command\" and \"working_dir\""},
    {"tmpfs", host, "a directory of this machine"},
    {"networks", "all services share the network of this machine", "127.0.0.1 and \"port\""},
    {"network_mode", "all services share the network of this machine", "none is needed"},
    {"links", "services find each other at 127.0.0.1", "\"depends_on\" and \"port\""},
    {"expose", "what listens can be reached", "\"port\""},
    {"extra_hosts", "names are those of this machine", "/etc/hosts"},
    {"dns*", "names are those of this machine", "/etc/resolv.conf"},
    {"hostname", "the name is that of this machine", "none"},
    {"secrets", "files are not handed in", "\"env_files\" with a mode of 0600"},
    {"configs", "files are not handed in", "\"env_files\", or a path of this machine"},
    {"cap_*", "privileges are those of the user", "\"user\""},
    {"privileged", "privileges are those of the user", "\"user\": \"root\""},
    {"security_opt", "privileges are those of the user", "\"user\""},
    {"read_only", "files are those of this machine", "\"user\" and the modes of files"},
    {"logging", "logs go to files", "\"logs\": {\"max_size\": …, \"keep\": …}"},
    {"tty", "output goes to a file", "none"},
    {"stdin_open", "standard input is /dev/null", "none"},
    {"init", "what a service leaves behind is reaped always", "none is needed"},
    {"platform", host, "none"},
    {"pull_policy", host, "none is needed"},
    {"extends", "the other file is not read",
     "docker compose config > whole.yaml, and import that"},
    {"annotations", "services have labels only", "\"labels\""},
    {"develop", "files are watched by another key", "\"watch\": {\"paths\": […]}"},
};
constexpr std::string_view service_taken[] = {
    "command",   "entrypoint",  "environment", "env_file",          "depends_on",
    "restart",   "working_dir", "user",        "healthcheck",       "ports",
    "scale",     "stop_signal", "labels",      "stop_grace_period", "deploy",
    "mem_limit", "cpus",        "pids_limit",  "profiles"};
constexpr lost_key file_lost[] = {
    {"version", "compose itself does not look at it any more", "none is needed"},
    {"networks", "all services share the network of this machine", "none is needed"},
    {"volumes", "files are those of this machine", "a directory"},
    {"secrets", "files are not handed in", "\"env_files\" with a mode of 0600"},
    {"configs", "files are not handed in", "a path of this machine"},
    {"include", "the other files are not read", "\"include\", once they are imported as well"},
};

class importer : yaml_keys {
 public:
  using yaml_keys::yaml_keys;

  void run() {
    const auto root = read_yaml(in_.text, in_.file, to_.faults);
    if (!root) return;
    const tree* services = root->find("services");
    if (services == nullptr || !services->is_map()) {
      return to_.refuse(root->at, "services", "there are no services in it",
                        "is it the right file?");
    }
    if (const auto* name = root->find("name"); name && name->is_text()) {
      to_.top["name"] = variables(name->text);
    }
    std::string why;
    if (in_.disk.read(in_.absolute_path(".env"), why)) {
      to_.top["env_files"] = json::array{json::value(in_.path(".env"))};
    }
    static constexpr std::string_view taken[] = {"services", "name"};
    tell_lost(to_, without_extensions(*root), "", taken, file_lost);
    for (const auto& f : services->fields) service(f);
    settle_dependencies(*services);
    if (to_.services().empty() && to_.faults.empty()) {
      to_.refuse(services->at, "services", "none of them can run without a container",
                 "give one a command");
    }
  }

 private:
  /// `x-…` means nothing to compose either.
  static tree without_extensions(const tree& map) {
    tree rest;
    rest.is = tree::kind::map;
    rest.at = map.at;
    std::copy_if(map.fields.begin(), map.fields.end(), std::back_inserter(rest.fields),
                 [](const field& f) { return !f.key.starts_with("x-"); });
    return rest;
  }

  void service(const field& from) {
    keys_ = &from.value;
    name_ = from.key;
    if (!keys_->is_map()) return wrong(*keys_, name_, "a map");
    const auto ports = published();
    json::array command = whole_command();
    if (command.empty() && !ports.second) {
      return to_.lose(from.at, name_,
                      "it has neither a command nor a published port, and " + std::string(host),
                      "a service whose command is docker run --rm …");
    }
    json::object& to = to_.add(name_, from.at);
    if (command.empty()) {
      to["type"] = "external";
      to["health"] = json::object{{"tcp", "127.0.0.1:" + std::to_string(ports.second)}};
      to_.lose(from.at, name_, "what its image runs is not known: it is probed, and never started",
               "docker compose up -d " + name_ + ", or a \"command\"");
    } else {
      to["command"] = std::move(command);
      program(to, ports.first);
    }
    put_pairs(to, "labels", keys_->find("labels"), name_ + ".labels");
    tell_lost(to_, without_extensions(*keys_), name_, service_taken, service_lost);
  }

  json::array whole_command() {
    json::array all;
    for (const char* key : {"entrypoint", "command"}) {
      const tree* value = keys_->find(key);
      if (value == nullptr) continue;
      for (auto& word : words(*value, name_ + "." + key)) all.push_back(word);
    }
    return all;
  }

  void program(json::object& to, int port) {
    if (port != 0) to["port"] = port;
    if (const auto* dir = keys_->find("working_dir"))
      to["working_dir"] = in_.path(variables(dir->text));
    put_pairs(to, "env", keys_->find("environment"), name_ + ".environment");
    if (const auto* files = keys_->find("env_file")) env_files(to, *files);
    if (const auto* user = keys_->find("user")) account(to, variables(user->text));
    if (keys_->find("profiles")) to["autostart"] = false;
    if (const auto* n = keys_->find("scale")) to["instances"] = number(*n, name_ + ".scale", 1);
    restart(to);
    dependencies(to);
    if (const auto* check = keys_->find("healthcheck")) health(to, *check);
    limits(to);
    json::object stop{{"to", "main"}};
    if (const auto* sent = keys_->find("stop_signal")) stop["signal"] = sent->text;
    if (const auto* grace = keys_->find("stop_grace_period")) {
      stop["timeout"] = time(*grace, name_ + ".stop_grace_period");
    }
    to["stop"] = std::move(stop);
  }

  void account(json::object& to, const std::string& user) {
    const auto colon = user.find(':');
    to["user"] = user.substr(0, colon);
    if (colon != std::string::npos) to["group"] = user.substr(colon + 1);
  }

  void env_files(json::object& to, const tree& files) {
    json::array list;
    const auto add = [&](const tree& one) {
      const tree* path = one.is_map() ? one.find("path") : &one;
      if (path == nullptr || !path->is_text()) return wrong(one, name_ + ".env_file", "a path");
      const tree* required = one.find("required");
      std::string why;
      const bool there = in_.disk.read(in_.absolute_path(path->text), why).has_value();
      if (required && !flag(*required, name_ + ".env_file.required") && !there) {
        return to_.lose(path->at, name_ + ".env_file", "it is not there, and an env file has to be",
                        "\"env_files\", once it is there");
      }
      list.emplace_back(in_.path(variables(path->text)));
    };
    if (files.is_list()) {
      for (const auto& one : files.items) add(one);
    } else {
      add(files);
    }
    if (!list.empty()) to["env_files"] = std::move(list);
  }

  /// The port that the program listens on, and the one of this machine that leads there.
  std::pair<int, int> published() {
    const tree* list = keys_->find("ports");
    std::pair<int, int> found{0, 0};
    if (list == nullptr) return found;
    for (const auto& one : list->items) {
      std::string target = one.is_map() && one.find("target") ? one.find("target")->text : one.text;
      std::string outside =
          one.is_map() && one.find("published") ? one.find("published")->text : "";
      const bool udp = target.ends_with("/udp");
      target = target.substr(0, target.find('/'));
      if (const auto colon = target.rfind(':'); colon != target.npos) {
        outside = target.substr(0, colon);
        outside = outside.substr(outside.rfind(':') + 1);
        target = target.substr(colon + 1);
      }
      const auto inner = port_from(target), outer = port_from(outside);
      if (found.first != 0 || !inner || udp) {
        to_.lose(one.at, name_ + ".ports",
                 found.first != 0 ? "a service has one port" : "it is no single TCP port",
                 "the program listens by itself; a probe: \"health\"");
        continue;
      }
      found = {*inner, outer.value_or(0)};
      if (outer && *outer != *inner && keys_->find("command")) {
        to_.lose(one.at, name_ + ".ports", "ports are not translated: it listens on " + target,
                 "let the program listen on " + outside + ", and say so in \"port\"");
      }
    }
    return found;
  }

  void restart(json::object& to) {
    const tree* given = keys_->find("restart");
    const std::string word = given ? given->text : "no";
    const auto colon = word.find(':');
    const std::string policy = word.substr(0, colon);
    json::object rule{{"policy", policy}};
    if (policy == "no") rule["policy"] = "never";
    if (policy == "unless-stopped") rule["policy"] = "always";
    if (policy == "no") {
      to["restart"] = std::move(rule);
      return;
    }
    long long limit = 0;
    if (colon != std::string::npos) {
      tree count = *given;
      count.text = word.substr(colon + 1);
      limit = number(count, name_ + ".restart");
    }
    bound_restarts(rule, limit, 0.1, 1);
    rule["reset_after"] = "10s";
    rule["max_delay"] = "60s";
    if (limit > 0) rule["window"] = seconds(static_cast<double>(limit) * 70);
    to["restart"] = std::move(rule);
  }

  void dependencies(json::object& to) {
    const tree* wanted = keys_->find("depends_on");
    if (wanted == nullptr) return;
    json::object all;
    for (const auto& one : wanted->items) all[one.text] = json::object{{"condition", "started"}};
    for (const auto& f : wanted->fields) {
      json::object edge{{"condition", "started"}};
      if (const auto* condition = f.value.find("condition")) edge["condition"] = condition->text;
      for (const char* key : {"restart", "required"}) {
        if (const auto* set = f.value.find(key)) edge[key] = flag(*set, name_ + ".depends_on");
      }
      all[f.key] = std::move(edge);
    }
    to["depends_on"] = std::move(all);
  }

  void health(json::object& to, const tree& check) {
    const std::string path = name_ + ".healthcheck";
    const tree* test = check.find("test");
    const tree* off = check.find("disable");
    const bool none =
        test && test->is_list() && !test->items.empty() && test->items[0].text == "NONE";
    if (test == nullptr || none || (off && flag(*off, path + ".disable"))) return;
    json::array exec;
    if (test->is_text()) {
      exec = {"/bin/sh", "-c", json::value(variables(test->text))};
    } else {
      exec = words(*test, path + ".test");
      const bool shell = !exec.empty() && exec[0] == "CMD-SHELL";
      if (!exec.empty()) exec.erase(exec.begin());
      if (shell) exec.insert(exec.begin(), {json::value("/bin/sh"), json::value("-c")});
    }
    json::object rule{{"exec", std::move(exec)},
                      {"interval", "30s"},
                      {"timeout", "30s"},
                      {"on_failure", "alert"}};
    for (const char* key : {"interval", "timeout", "start_period", "start_interval"}) {
      if (const auto* value = check.find(key)) rule[key] = time(*value, path + "." + key);
    }
    if (const auto* n = check.find("retries")) rule["retries"] = number(*n, path + ".retries", 3);
    to["health"] = std::move(rule);
    static constexpr std::string_view taken[] = {
        "test", "disable", "interval", "timeout", "start_period", "start_interval", "retries"};
    tell_lost(to_, check, path, taken, {});
  }

  void limits(json::object& to) {
    json::object limits;
    if (const auto* most = keys_->find("mem_limit")) limits["memory"] = size(*most);
    if (const auto* cores = keys_->find("cpus")) limits["cpu"] = decimal(*cores, name_ + ".cpus");
    if (const auto* most = keys_->find("pids_limit"))
      limits["tasks"] = number(*most, name_ + ".pids_limit");
    if (const auto* deploy = keys_->find("deploy")) deployment(to, limits, *deploy);
    if (!limits.empty()) to["limits"] = std::move(limits);
  }

  void deployment(json::object& to, json::object& limits, const tree& deploy) {
    if (const auto* n = deploy.find("replicas"))
      to["instances"] = number(*n, name_ + ".deploy.replicas", 1);
    const tree* resources = deploy.find("resources");
    const tree* most = resources ? resources->find("limits") : nullptr;
    if (most != nullptr) {
      if (const auto* memory = most->find("memory")) limits["memory"] = size(*memory);
      if (const auto* cores = most->find("cpus")) limits["cpu"] = decimal(*cores, name_ + ".cpus");
      if (const auto* pids = most->find("pids")) limits["tasks"] = number(*pids, name_ + ".deploy");
    }
    static constexpr std::string_view taken[] = {"replicas", "resources"};
    static constexpr lost_key lost[] = {
        {"restart_policy", "one rule says when it is started again", "\"restart\""},
        {"*", "there is one machine", "none is needed"}};
    tell_lost(to_, deploy, name_ + ".deploy", taken, lost);
    static constexpr std::string_view bounds[] = {"limits"};
    static constexpr lost_key reserved[] = {{"reservations", "nothing is reserved", "\"limits\""}};
    if (resources) tell_lost(to_, *resources, name_ + ".deploy.resources", bounds, reserved);
  }

  /// `512m` of docker is `512MiB` here.
  std::string size(const tree& value) {
    std::string digits = value.text;
    while (!digits.empty() && (digits.back() == 'b' || digits.back() == 'B')) digits.pop_back();
    const char unit = digits.empty() ? '0' : static_cast<char>(digits.back() | 0x20);
    const std::string name = unit == 'k' ? "KiB" : unit == 'm' ? "MiB" : unit == 'g' ? "GiB" : "B";
    if (name != "B") digits.pop_back();
    return digits + name;
  }
};

}  // namespace

void import_compose(const input& in, draft& to) { importer(in, to).run(); }

}  // namespace aurora::ctl::convert

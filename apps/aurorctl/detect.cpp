#include "detect.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include "detect_text.hpp"
#include "text.hpp"

namespace aurora::ctl {
namespace {

namespace json = boost::json;

constexpr int django_port = 8000;  // what runserver takes by itself
constexpr std::size_t longest_name = 63;

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

class detector {
 public:
  detector(const std::string& directory, config_source& disk)
      : directory_(directory + "/"), disk_(disk) {}

  detected all() {
    environment();
    python();
    procfile();
    package();
    django();
    compose();
    return std::move(result_);
  }

 private:
  /// Nothing: it is not there; what is there and cannot be read is told.
  std::optional<std::string> text_of(const std::string& name) {
    if (!is_there(directory_ + name)) return std::nullopt;
    std::string why;
    auto text = disk_.read(directory_ + name, why);
    if (!text) tell(name, "not used: it cannot be read: " + why);
    return text;
  }

  void tell(const std::string& file, std::string what) {
    result_.findings.push_back({file, std::move(what)});
  }

  void add(found_service service) {
    const std::string wanted = service_name(service.name);
    service.name = wanted;
    const auto taken = [&] {
      return std::any_of(result_.services.begin(), result_.services.end(),
                         [&](const found_service& s) { return s.name == service.name; });
    };
    for (int n = 2; taken(); ++n) {
      const std::string suffix = "-" + std::to_string(n);
      service.name = wanted.substr(0, longest_name - suffix.size()) + suffix;
    }
    result_.services.push_back(std::move(service));
  }

  void environment() {
    const auto text = text_of(".env");
    if (!text) return;
    diagnostics faults;
    const auto pairs = parse_env_file(*text, ".env", faults);
    const bool readable = tellable(*text, text->size()) && faults.empty();
    tell(".env", readable ? fmt::format("{} variable{} for every service", pairs.size(),
                                        pairs.size() == 1 ? "" : "s")
                          : "not used: it is no list of NAME=value lines");
    if (!readable) return;
    result_.env_file = ".env";
    for (const auto& [name, value] : pairs) {
      if (name == "PORT") port_ = port_from(value);
    }
  }

  void python() {
    for (const char* name : {".venv", "venv"}) {
      if (!is_there(directory_ + name + "/bin/python3")) continue;
      result_.virtualenv = name;
      tell(name, "the Python environment of every service");
      return;
    }
    result_.requirements = is_there(directory_ + "requirements.txt");
    if (result_.requirements) {
      tell("requirements.txt",
           "no virtual environment yet: python3 -m venv .venv && .venv/bin/pip install -r "
           "requirements.txt");
    }
  }

  void procfile() {
    const auto text = text_of("Procfile");
    if (!text) return;
    const auto before = result_.services.size();
    const auto lines = procfile_lines(*text);
    procfile_ports ports(port_);
    for (const auto& line : lines.entries) {
      found_service service{service_name(line.name), "Procfile", {line.command}, {}, 0, false};
      service.once = line.name == "release";  // by convention it runs before the others, and ends
      const auto port = ports.next(line.command);
      if (port.listens) service.port = port.number;
      add(std::move(service));
    }
    has_procfile_ = result_.services.size() > before;
    std::vector<std::string> names;
    for (const auto& s : result_.services) names.push_back(s.name);
    const auto refused = lines.refused_lines.size();
    tell("Procfile",
         (has_procfile_ ? enumerate(names) : std::string("not used: no process in it")) +
             (refused == 0 ? ""
                           : fmt::format("; {} line{} left out that cannot be understood", refused,
                                         refused == 1 ? "" : "s")));
  }

  std::string package_manager() const {
    if (is_there(directory_ + "pnpm-lock.yaml")) return "pnpm";
    return is_there(directory_ + "yarn.lock") ? "yarn" : "npm";
  }

  void package() {
    const auto text = text_of("package.json");
    if (!text) return;
    boost::system::error_code ec;
    const auto root = json::parse(*text, ec);
    if (ec || !root.is_object()) return tell("package.json", "not used: it is no JSON object");
    const auto* scripts = root.as_object().if_contains("scripts");
    const auto has = [&](const char* name) {
      if (scripts == nullptr || !scripts->is_object()) return false;
      const auto* script = scripts->as_object().if_contains(name);
      return script != nullptr && script->is_string();
    };
    if (!has("start") && !has("dev")) {
      return tell("package.json", "not used: no script is called start or dev");
    }
    if (has_procfile_) return tell("package.json", "not used: the Procfile says what runs");
    const auto* name = root.as_object().if_contains("name");
    found_service service;
    service.name = "app";
    if (name != nullptr && name->is_string() && !name->as_string().empty()) {
      service.name = std::string(name->as_string());
      service.name.erase(0, service.name.rfind('/') + 1);  // "@team/shop"
    }
    service.origin = "package.json";
    const std::string script = has("start") ? "start" : "dev";
    service.command = {package_manager(), "run", script};
    if (has("start") && has("dev")) service.instead = {package_manager(), "run", "dev"};
    add(std::move(service));
    tell("package.json", result_.services.back().name + " runs its script " + script);
  }

  void django() {
    if (!is_there(directory_ + "manage.py")) return;
    if (has_procfile_) return tell("manage.py", "not used: the Procfile says what runs");
    add({"django",
         "manage.py",
         {"python3", "manage.py", "runserver", "127.0.0.1:${PORT}"},
         {},
         django_port,
         false});
    tell("manage.py", "django runs the development server on port 8000");
  }

  void compose() {
    for (const char* name :
         {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}) {
      const auto text = text_of(name);
      if (!text) continue;
      result_.compose_file = name;
      result_.compose_services = compose_names(*text);
      return;
    }
  }

  std::string directory_;
  config_source& disk_;
  detected result_;
  std::optional<int> port_;
  bool has_procfile_ = false;
};

}  // namespace

std::string service_name(std::string_view wanted) {
  std::string name;
  for (const char c : wanted.substr(0, longest_name)) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (name.empty() && !letter) continue;
    name += letter || c == '.' || c == '_' || c == '-' ? c : '-';
  }
  return name.empty() ? "app" : name;
}

detected detect(const std::string& directory, config_source& disk) {
  return detector(directory, disk).all();
}

}  // namespace aurora::ctl

#include <algorithm>

#include "convert/importers.hpp"
#include "quoting.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr std::string_view taken[] = {
    "name",         "port",         "start_command", "working_dir",   "health_endpoint",
    "dependencies", "max_restarts", "restart_delay", "env_activation"};

class importer {
 public:
  importer(const input& in, draft& to) : in_(in), to_(to) {}

  void run() {
    const auto root = read_json(in_.text, in_.file, to_.faults);
    if (!root) return;
    const tree* list = root->find("services");
    if (list == nullptr || !list->is_list()) {
      return to_.refuse(root->at, "services", "there is no list of services in it",
                        "is it the right file?");
    }
    static constexpr std::string_view known[] = {"services"};
    tell_lost(to_, *root, "", known, {});
    for (const auto& each : list->items) service(each);
    for (const auto& each : list->items) dependencies(each);
  }

 private:
  /// The text of a key; empty: it is not there, or null.
  std::string text(const tree& of, std::string_view key) const {
    const tree* value = of.find(key);
    return value && value->is_text() && !is_null(*value) ? value->text : "";
  }
  static bool is_null(const tree& value) {
    return value.is == tree::kind::null ||
           (value.plain && (value.text == "null" || value.text == "~"));
  }

  void service(const tree& from) {
    const std::string name = text(from, "name");
    const std::string command = text(from, "start_command");
    if (name.empty() || command.empty()) {
      return to_.refuse(from.at, "services", "a service needs name and start_command", "add them");
    }
    json::object& to = to_.add(name, from.at);
    const std::string activation = text(from, "env_activation");
    to["command"] = config_quoted(activation.empty() ? command : activation + " && " + command);
    if (const auto dir = text(from, "working_dir"); !dir.empty()) {
      to["working_dir"] = in_.path(literal(dir));
    }
    if (const auto port = number(from, "port", 0); port != 0) to["port"] = port;
    health(from, to);
    json::object restart{{"policy", "always"}};
    const auto limit = number(from, "max_restarts", 5);
    bound_restarts(restart, std::max(limit, 1LL),
                   static_cast<double>(number(from, "restart_delay", 5)), 10);
    if (limit == 0) {
      restart.clear();
      restart["policy"] = "never";
    }
    to["restart"] = std::move(restart);
    to["stop"] = json::object{{"timeout", "2s"}};
    tell_lost(to_, from, name, taken, {});
  }

  /// It only ever looked at status 200, every 10 s, and one failure was enough.
  void health(const tree& from, json::object& to) {
    const std::string url = text(from, "health_endpoint");
    if (url.empty()) return;
    to["health"] = json::object{{"http", literal(url)},
                                {"status", "200"},
                                {"interval", "10s"},
                                {"timeout", "2s"},
                                {"retries", 1}};
  }

  void dependencies(const tree& from) {
    const tree* list = from.find("dependencies");
    json::object* to = to_.find(text(from, "name"));
    if (list == nullptr || !list->is_list() || to == nullptr) return;
    json::array names;
    for (const auto& each : list->items) {
      const std::string name = to_.name_of(each.text);
      if (name.empty()) {
        to_.lose(each.at, text(from, "name") + ".dependencies",
                 "there is no service \"" + each.text + "\"",
                 "add it, then name it in \"depends_on\"");
      } else {
        names.emplace_back(name);
      }
    }
    if (!names.empty()) (*to)["depends_on"] = std::move(names);
  }

  long long number(const tree& from, std::string_view key, long long otherwise) {
    const tree* value = from.find(key);
    if (value == nullptr || is_null(*value)) return otherwise;
    const auto n = as_number(*value);
    if (n && *n >= 0 && *n <= 1000000) return *n;
    to_.refuse(value->at, std::string(key), "it is no number that can stand here",
               "write a whole number from 0 to 1000000");
    return otherwise;
  }

  const input& in_;
  draft& to_;
};

}  // namespace

void import_aurora_supervisor(const input& in, draft& to) { importer(in, to).run(); }

}  // namespace aurora::ctl::convert

#include "starter.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "quoting.hpp"

namespace aurora::ctl {
namespace {

std::string string_of(std::string_view text) {
  return boost::json::serialize(boost::json::value(text));
}

/// A single string is a line for /bin/sh, a list is a program and its arguments.
std::string command_of(const std::vector<std::string>& command) {
  if (command.size() == 1) return string_of(config_quoted(command.front()));
  std::string out;
  for (const auto& word : command) out += (out.empty() ? "" : ", ") + string_of(word);
  return "[" + out + "]";
}

std::string service_of(const found_service& service) {
  std::string out = "    // From " + service.origin + ".\n    " + string_of(service.name) + ": {\n";
  out += "      \"command\": " + command_of(service.command) + ",\n";
  if (!service.instead.empty()) {
    out += "      // or, while you work on it: \"command\": " + command_of(service.instead) + ",\n";
  }
  if (service.once) {
    out += "      \"type\": \"oneshot\",  // runs once and ends, and is not started again\n";
  }
  if (service.port != 0) {
    out += "      // PORT in its environment; it is ready once something listens there.\n";
    out += "      \"port\": " + std::to_string(service.port) + ",\n";
  }
  return out + "    },\n";
}

constexpr std::string_view example =
    R"(    // An example: put your own program in its place. A string is run by /bin/sh; a list, as
    // ["python3", "server.py"], is a program with its arguments. Whatever it prints is its log:
    // `aurorctl logs example`. When it ends, it is started again.
    "example": {
      "command": "while :; do date; sleep 5; done",
      // "working_dir": ".",                       // relative to this file
      // "port": 8000,                             // PORT in its environment; ready once it listens
    },
)";

constexpr std::string_view more = R"(
    // More that a service can have:
    //   "env": {"KEY": "value"},                  its own variables
    //   "depends_on": ["db"],                     starts once db is ready
    //   "health": {"http": "http://127.0.0.1:${PORT}/health"},
    //   "restart": {"policy": "on-failure"},      always (the default), on-failure or never
    //   "watch": {"paths": ["src"]},              is restarted when a file changes
)";

std::string compose_note(const detected& found) {
  if (found.compose_services.empty()) return {};
  std::string names;
  for (const auto& name : found.compose_services) {
    names += (names.empty() ? "" : ", ") + string_of(name);
  }
  return "\n    // " + found.compose_file +
         " has more, in containers, and is not read here: " + names + "\n";
}

std::string shared_keys(const detected& found) {
  std::string out;
  if (!found.env_file.empty()) {
    out += "  // Variables of every service, NAME=value lines.\n  \"env_files\": [" +
           string_of(found.env_file) + "],\n\n";
  }
  if (!found.virtualenv.empty()) {
    out += "  // The Python environment of every service.\n  \"virtualenv\": " +
           string_of(found.virtualenv) + ",\n\n";
  } else if (found.requirements) {
    out +=
        "  // After: python3 -m venv .venv && .venv/bin/pip install -r requirements.txt\n"
        "  // \"virtualenv\": \".venv\",\n\n";
  }
  return out;
}

}  // namespace

std::string starter_text(const detected& found) {
  std::string out =
      "{\n"
      "  // What aurorad keeps running here. `aurorctl init` wrote it once, from now on it is "
      "yours.\n"
      "  // Comments and trailing commas are allowed. All keys: man aurora.json\n"
      "  \"version\": 1,\n\n";
  out += shared_keys(found) + "  \"services\": {\n";
  for (const auto& service : found.services) {
    out += service_of(service);
    if (&service != &found.services.back()) out += "\n";
  }
  if (found.services.empty()) out += example;
  return out + compose_note(found) + std::string(more) + "  }\n}\n";
}

}  // namespace aurora::ctl

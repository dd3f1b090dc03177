#include <algorithm>

#include "convert/importers.hpp"
#include "detect_text.hpp"
#include "quoting.hpp"

namespace aurora::ctl::convert {
namespace {

constexpr const char* grace = "5s";  // what foreman gives its processes to end

/// `.env` beside it: the variables of all. Returns: the PORT in it.
std::optional<int> environment(const input& in, draft& to) {
  std::string why;
  const std::string file = in.absolute_path(".env");
  const auto text = in.disk.read(file, why);
  if (!text) return std::nullopt;
  diagnostics faults;
  const auto pairs = parse_env_file(*text, file, faults);
  to.faults.insert(to.faults.end(), faults.begin(), faults.end());
  if (!readable(*text, file, to.faults)) return std::nullopt;
  to.top["env_files"] = json::array{json::value(in.path(".env"))};
  std::optional<int> port;
  for (const auto& [name, value] : pairs) {
    if (name == "PORT") port = port_from(value);
  }
  return port;
}

void options(const input& in, draft& to) {
  std::string why;
  const std::string file = in.absolute_path(".foreman");
  if (!in.disk.read(file, why)) return;
  to.lose({file, 0, 0}, "", "options of foreman are not read",
          "\"instances\" for its formation, \"port\", \"stop.timeout\"");
}

}  // namespace

void import_procfile(const input& in, draft& to) {
  if (!readable(in.text, in.file, to.faults)) return;
  const auto content = procfile_lines(in.text);
  for (const auto line : content.refused_lines) {
    to.lose({in.file, line, 1}, "", "this line is no `name: command`", "none");
  }
  auto ports = procfile_ports(environment(in, to));
  options(in, to);
  for (const auto& entry : content.entries) {
    json::object& service = to.add(entry.name, {in.file, entry.line, 1});
    service["command"] = config_quoted(entry.command);
    const auto port = ports.next(entry.command);
    if (entry.name == "release") service["type"] = "oneshot";
    if (port.listens) {
      service["port"] = port.number;
    } else if (port.number != 0) {
      service["env"] = json::object{{"PORT", std::to_string(port.number)}};
    }
    if (!in.beside) service["working_dir"] = in.directory();
    service["stop"] = json::object{{"timeout", grace}};
  }
  if (content.entries.empty() && to.faults.empty()) {
    to.refuse({in.file, 0, 0}, "", "there is no `name: command` in it", "is it the right file?");
  }
}

}  // namespace aurora::ctl::convert

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include <aurora/disk_source.hpp>

#include "context.hpp"
#include "convert/exporters.hpp"
#include "faults.hpp"
#include "formats.hpp"
#include "graph_text.hpp"
#include "handlers.hpp"
#include "import.hpp"
#include "places.hpp"
#include "text.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

using convert::exported;

/// The graph of what is configured: in the place of states stand the types.
graph_view graph_of(const stack_spec& stack) {
  static constexpr const char* types[] = {"service", "oneshot", "external"};
  static constexpr const char* conditions[] = {"ready", "started", "completed"};
  graph_view graph;
  for (const auto& s : stack.services) {
    graph.nodes.push_back({s.name, types[static_cast<int>(s.type)], ""});
    for (const auto& d : s.depends_on) {
      graph.edges.push_back(
          {s.name, d.service, conditions[static_cast<int>(d.condition)], d.required, d.required});
    }
  }
  return graph;
}

exported as_dot(const stack_spec& stack) {
  return {{{"stack.dot", graph_as_dot(graph_of(stack))}}, {}};
}
exported as_mermaid(const stack_spec& stack) {
  return {{{"stack.mmd", graph_as_mermaid(graph_of(stack))}}, {}};
}

struct format {
  std::string_view name;
  exported (*make)(const stack_spec&);
};
constexpr format formats[] = {{"systemd", convert::export_systemd},
                              {"compose", convert::export_compose},
                              {"kubernetes", convert::export_kubernetes},
                              {"procfile", convert::export_procfile},
                              {"dot", as_dot},
                              {"mermaid", as_mermaid}};

/// All of them, or none where one is there already and is not to be replaced.
void write_all(context& c, const std::string& directory, const exported& made) {
  const bool force = c.given.has("force");
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) {
    throw failure(exit_code::failed, "cannot make '" + directory + "': " + std::strerror(errno),
                  "name a directory in one that is there");
  }
  for (const auto& [name, text] : made.files) {
    if (force || !something_at(directory + "/" + name)) continue;
    throw failure(exit_code::failed, "there is a file already: '" + directory + "/" + name + "'",
                  "nothing was written; --force keeps it as FILE.bak and writes a new one");
  }
  for (const auto& [name, text] : made.files) {
    const std::string path = directory + "/" + name;
    if (!write_new(path, text, force)) {
      throw failure(exit_code::failed, "there is a file already: '" + path + "'",
                    "name another directory");
    }
    c.say("wrote " + path);
  }
}

/// One after the other; of several each with its name before it, as `systemctl cat` has it.
void print_all(context& c, const std::string& tool, const exported& made) {
  for (const auto& [name, text] : made.files) {
    const bool first = &name == &made.files.front().first;
    if (tool == "kubernetes" && !first) c.out.write("---\n");
    if (made.files.size() > 1)
      c.out.write((first || tool == "kubernetes" ? "# " : "\n# ") + name + "\n");
    c.out.write(text);
  }
}

void print_json(context& c, const exported& made) {
  json::object files;
  for (const auto& [name, text] : made.files) files[name] = text;
  json::array lost;
  for (const auto& each : made.lost) lost.push_back(fault_json(each));
  c.out.line(to_text(json::object{{"files", std::move(files)}, {"lost", std::move(lost)}}));
}

}  // namespace

std::vector<std::string> export_formats() { return names_of(formats); }

int verb_export(context& c) {
  const format& to = format_named(formats, c.given.operands.front(), "export");
  const std::string file = require_config(c.given);
  disk_source disk;
  const load_result loaded = load_config(file, disk);
  if (!loaded.stack) return tell_invalid(c, file, tell_faults(c, file, loaded));
  const exported made = to.make(*loaded.stack);
  tell_lost(c, made.lost);
  if (const auto directory = c.given.value("output")) write_all(c, absolute(*directory), made);
  if (c.given.json) {
    print_json(c, made);
  } else if (!c.given.has("output")) {
    print_all(c, std::string(to.name), made);
  }
  return c.given.has("strict") && !made.lost.empty() ? code(exit_code::failed) : 0;
}

}  // namespace aurora::ctl

#include "import.hpp"

#include <sys/stat.h>

#include <filesystem>

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "context.hpp"
#include "convert/importers.hpp"
#include "draft_source.hpp"
#include "faults.hpp"
#include "formats.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "text.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

struct format {
  std::string_view name;
  void (*import)(const convert::input&, convert::draft&);
};
constexpr format formats[] = {
    {"aurora-supervisor", convert::import_aurora_supervisor},
    {"supervisord", convert::import_supervisord},
    {"procfile", convert::import_procfile},
    {"compose", convert::import_compose},
    {"process-compose", convert::import_process_compose},
    {"pm2", convert::import_pm2},
    {"systemd", convert::import_systemd},
};

std::string text_of(const std::string& file) {
  std::error_code none;
  if (std::filesystem::file_size(file, none) > convert::largest_file && !none) {
    throw failure(exit_code::invalid_configuration, "'" + file + "' is larger than 4 MiB",
                  "is it the right file?");
  }
  if (auto text = read_if_there(file, "the file to import")) return *text;
  throw failure(exit_code::failed, "cannot read '" + file + "': no such file",
                "name the file to import");
}

/// What was made of it can be started.
void check(const std::string& from, const std::string& file, const std::string& text) {
  draft_source source(file, text);
  const auto loaded = load_config(file, source);
  if (loaded.stack) return;
  std::vector<std::string> faults;
  for (const auto& fault : loaded.faults) {
    if (fault.level == diagnostic::severity::error) {
      faults.push_back(neutralise(to_string(fault), sgr::strip));
    }
  }
  throw failure(
      exit_code::invalid_configuration, "what '" + from + "' says makes no valid configuration",
      "nothing was written; put right what is named, where it comes from", std::move(faults));
}

void tell_json(context& c, const std::string& text, const std::string& file,
               const convert::draft& made) {
  json::array lost;
  for (const auto& each : made.lost) lost.push_back(fault_json(each));
  json::object result{{"configuration", json::parse(text)}, {"lost", std::move(lost)}};
  result["file"] = file.empty() ? json::value(nullptr) : json::value(file);
  c.out.line(to_text(result));
}

}  // namespace

std::vector<std::string> import_formats() { return names_of(formats); }

void tell_lost(context& c, const diagnostics& lost) {
  if (c.given.json) return;
  for (const auto& each : lost) c.err.line(neutralise(to_string(each), sgr::strip));
  if (lost.empty() || c.given.quiet) return;
  c.err.line(c.err.paint(colour::yellow, fmt::format("{} thing{} not carried over, as told above",
                                                     lost.size(), lost.size() == 1 ? "" : "s")));
}

int verb_import(context& c) {
  const format& from = format_named(formats, c.given.operands[0], "import");
  const std::string file = absolute(c.given.operands[1]);
  const auto wanted = c.given.value("output");
  const std::string target = absolute(wanted.value_or("aurora.json"));
  if (wanted && !c.given.has("force") && something_at(target)) {
    throw failure(exit_code::failed, "there is a file already: '" + target + "'",
                  "name another one, or --force keeps it as FILE.bak and writes a new one");
  }
  disk_source disk;
  const auto folder = [](const std::string& path) {
    return std::filesystem::path(path).parent_path();
  };
  const convert::input in{file, text_of(file), disk, folder(file) == folder(target)};
  convert::draft made;
  from.import(in, made);
  if (!made.faults.empty()) {
    const load_result refused{std::nullopt, made.faults, {file}};
    return tell_invalid(c, file, tell_faults(c, file, refused));
  }
  const std::string text = made.text();
  check(file, target, text);
  tell_lost(c, made.lost);
  if (wanted && !write_new(target, text, c.given.has("force"))) {
    throw failure(exit_code::failed, "there is a file already: '" + target + "'",
                  "name another one");
  }
  if (c.given.json) {
    tell_json(c, text, wanted ? target : "", made);
  } else if (!wanted) {
    c.out.write(text);
  } else {
    c.say(fmt::format("wrote {}: {} service{}", target, made.services().size(),
                      made.services().size() == 1 ? "" : "s"));
  }
  return c.given.has("strict") && !made.lost.empty() ? code(exit_code::failed) : 0;
}

}  // namespace aurora::ctl

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>

#include "context.hpp"
#include "detect.hpp"
#include "draft_source.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "quoting.hpp"
#include "starter.hpp"
#include "text.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

std::string directory_of(const invocation& given) {
  if (given.config) {
    throw failure(exit_code::usage, "`init` writes aurora.json and takes no --config",
                  "name the directory: aurorctl init DIRECTORY");
  }
  std::string directory = absolute(given.operands.empty() ? "." : given.operands.front());
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  struct stat found {};
  const int error = ::stat(directory.c_str(), &found) != 0 ? errno
                    : S_ISDIR(found.st_mode)               ? 0
                                                           : ENOTDIR;
  if (error == 0) return directory;
  throw failure(error == EACCES ? exit_code::not_permitted : exit_code::failed,
                "cannot look into '" + directory + "': " + std::strerror(error),
                error == ENOENT ? "make it first: mkdir -p " + shell_quoted(directory)
                                : "name a directory that you can read");
}

failure already_there(const std::string& file) {
  return {exit_code::failed, "there is a configuration already: '" + file + "'",
          "`aurorctl validate` checks it; `aurorctl init --force` keeps it as aurora.json.bak and "
          "writes a new one"};
}

/// What is written can be started: nothing that was detected may spoil that.
void check(const std::string& file, const std::string& text) {
  draft_source source(file, text);
  const auto loaded = load_config(file, source);
  if (loaded.stack) return;
  std::vector<std::string> faults;
  for (const auto& fault : loaded.faults) faults.push_back(to_string(fault));
  throw failure(exit_code::failed,
                "what lies in '" + std::filesystem::path(file).parent_path().string() +
                    "' makes no valid configuration",
                "nothing was written; put right what is named, or start in an empty directory",
                std::move(faults));
}

std::string compose_told(const detected& found) {
  std::string names = enumerate(found.compose_services);
  if (names.empty()) names = "no service that could be told";
  // Named only where it is there.
  if (find_verb("import") != nullptr) {
    return names + "; not taken over: aurorctl import compose " + found.compose_file + " does that";
  }
  return names + "; not taken over: they run in containers";
}

void tell_found(context& c, const detected& found) {
  std::vector<finding> all = found.findings;
  if (!found.compose_file.empty()) all.push_back({found.compose_file, compose_told(found)});
  if (all.empty()) {
    c.say("found nothing that says what to run: the file has an example to replace");
    return;
  }
  c.say("found:");
  for (const auto& f : all) c.say("  " + neutralise(f.file + ": " + f.what, sgr::strip));
  if (found.services.empty()) c.say("nothing of it can be run: the file has an example to replace");
}

/// The commands that come next, as they can be typed here.
void tell_next(context& c, const std::string& file) {
  const char* named = std::getenv("AURORA_CONFIG");
  const bool by_itself = (named == nullptr || *named == '\0') && file == absolute("aurora.json");
  const std::string tool = by_itself ? "aurorctl" : "aurorctl -c " + shell_quoted(file);
  c.say("next:");
  c.say("  " + tool + " validate          checks it, after each change");
  c.say("  " + tool + " up -d             starts everything, returns when it is ready");
  c.say("  " + tool + " status            shows what runs");
  c.say("  " + tool + " autostart enable  has it started at your login; with sudo at boot, as you");
}

void tell_json(context& c, const std::string& file, const std::string& kept,
               const detected& found) {
  json::array services, findings;
  for (const auto& s : found.services) services.emplace_back(s.name);
  if (services.empty()) services.emplace_back("example");
  for (const auto& f : found.findings) {
    findings.push_back(json::object{{"file", f.file}, {"what", f.what}});
  }
  if (!found.compose_file.empty()) {
    findings.push_back(json::object{{"file", found.compose_file}, {"what", compose_told(found)}});
  }
  json::object result{{"file", file}, {"services", std::move(services)}};
  result["found"] = std::move(findings);
  result["kept"] = kept.empty() ? json::value(nullptr) : json::value(kept);
  c.out.line(to_text(result));
}

}  // namespace

int verb_init(context& c) {
  const std::string directory = directory_of(c.given);
  const std::string file = (directory == "/" ? "" : directory) + "/aurora.json";
  const bool force = c.given.has("force");
  if (!force && something_at(file)) throw already_there(file);
  disk_source disk;
  const detected found = detect(directory, disk);
  const std::string text = starter_text(found);
  check(file, text);
  const auto written = write_new(file, text, force);
  if (!written) throw already_there(file);
  const std::string& kept = *written;
  if (c.given.json) {
    tell_json(c, file, kept, found);
    return 0;
  }
  const auto count = std::max<std::size_t>(found.services.size(), 1);
  c.say(fmt::format("wrote {}: {} service{}", file, count, count == 1 ? "" : "s"));
  if (!kept.empty()) c.say("kept the one before as " + kept);
  tell_found(c, found);
  tell_next(c, file);
  return 0;
}

}  // namespace aurora::ctl

#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <aurora/config.hpp>
#include <aurora/daemon.hpp>
#include <aurora/disk_source.hpp>
#include <aurora/version.hpp>

#include "archive/backup_form.hpp"
#include "context.hpp"
#include "faults.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "restore_set.hpp"
#include "units.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

namespace fs = std::filesystem;

constexpr int most_tries = 10;

/// What was found invalid; the faults are told by then.
struct invalid {
  int code;
};

archive::entry read_entry(std::string name, const std::string& path, const char* purpose) {
  struct stat found {};
  archive::entry made{std::move(name), read_file(path, purpose)};
  if (::stat(path.c_str(), &found) == 0) {
    made.mode = found.st_mode & 0777;
    made.modified = static_cast<std::int64_t>(found.st_mtime);
  }
  return made;
}

/// "config/conf.d/web.json", or "outside/etc/env" for what lies elsewhere.
std::string name_in_backup(const std::string& path, const std::string& directory) {
  const auto below = fs::path(path).lexically_relative(directory).string();
  const bool inside = !below.empty() && below != "." && below != ".." && !below.starts_with("../");
  std::string name = inside ? "config/" + below : "outside" + path;
  if (archive::is_safe_name(name) && archive::fits_header(name)) return name;
  throw failure(exit_code::failed, "the name of '" + path + "' does not fit into a backup",
                "give it a shorter one, without control characters");
}

/// Both generations of the events, though the daemon may begin another in between: the newer one
/// first, so that at worst both are the same one, and then the older one is left out.
void add_state(archive::backup& made) {
  for (const auto name : archive::state_files) {
    const auto path = made.state_dir + "/" + std::string(name);
    auto text = read_if_there(path, "the state");
    if (!text) continue;
    if (name.starts_with("events")) text->resize(text->rfind('\n') + 1);  // whole lines
    const bool again = !made.files.empty() && made.files.back().name == "state/events" &&
                       text->starts_with(made.files.back().bytes);
    if (again && name == "events.previous") continue;
    made.files.push_back({"state/" + std::string(name), std::move(*text)});
  }
}

archive::backup gather(context& c, const std::string& config) {
  disk_source disk;
  const auto loaded = load_config(config, disk);
  if (!loaded.stack) throw invalid{tell_invalid(c, config, tell_faults(c, config, loaded))};
  archive::backup made;
  made.main = fs::path(config).filename().string();
  made.config = config, made.version = version;
  made.state_dir =
      aurora::find_state_dir(c.given.state_dir.value_or(""), loaded.stack->state_dir, config);
  const auto directory = fs::path(config).parent_path().string();
  for (const auto& path : loaded.files)
    made.files.push_back(read_entry(name_in_backup(path, directory), path, "the configuration"));
  add_state(made);
  return made;
}

bool is_event(const archive::entry& each) { return each.name.starts_with("state/events"); }

/// Whether nothing but the journal of events moved between two looks.
bool same(const archive::backup& a, const archive::backup& b) {
  const auto key = [](const archive::backup& of) {
    std::vector<std::string> all;
    for (const auto& each : of.files)
      if (!is_event(each)) all.insert(all.end(), {each.name, each.bytes});
    return all;
  };
  return a.state_dir == b.state_dir && key(a) == key(b);
}

/// Each file is replaced as a whole by whoever writes it; two looks that agree show that all of
/// them belong together.
archive::backup gather_still(context& c, const std::string& config) {
  auto last = gather(c, config);
  for (int n = 0; n < most_tries; ++n) {
    auto next = gather(c, config);
    if (same(last, next)) return next;
    last = std::move(next);
  }
  throw failure(exit_code::failed, "the configuration changes while it is read: '" + config + "'",
                "nothing was written; try again when that has ended");
}

/// Never seen half, and never by others, whatever stood there.
void place(const std::string& path, const std::string& bytes, bool force) {
  if (!force) {
    if (create_whole(path, bytes, 0600)) return;
    throw failure(exit_code::failed, "there is a file already: '" + path + "'",
                  "name another one, or --force replaces it");
  }
  const auto fresh = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(fresh.c_str());
  if (create_whole(fresh, bytes, 0600) && ::rename(fresh.c_str(), path.c_str()) == 0) return;
  const int error = errno;
  ::unlink(fresh.c_str());
  throw failure(exit_code::failed, "cannot write '" + path + "': " + std::strerror(error),
                "name a file that can be written");
}

void tell(context& c, const std::string& path, const archive::backup& made, std::size_t bytes) {
  if (c.given.json) {
    json::array names;
    for (const auto& each : made.files) names.emplace_back(each.name);
    json::object result{{"file", path}, {"bytes", bytes}, {"config", made.config}};
    result["state_dir"] = made.state_dir;
    result["entries"] = std::move(names);
    c.out.line(to_text(result));
    return;
  }
  c.say(fmt::format("wrote {}: {} files, {} bytes", path, made.files.size(), bytes));
  c.say("it holds the configuration with its env files, and their secrets: keep it to yourself");
  c.say("not in it: the token and keys of TLS, which are made anew; logs; your programs");
}

}  // namespace

int verb_backup(context& c) {
  if (c.given.host)
    throw failure(exit_code::usage, "backup reads the files of this machine",
                  "run it on that of the daemon, without --host");
  const auto path = absolute(c.given.operands.front());
  if (!c.given.has("force") && something_at(path))
    throw failure(exit_code::failed, "there is a file already: '" + path + "'",
                  "name another one, or --force replaces it");
  const auto config = require_config(c.given);
  if (auto finished = finish_restore(config); !finished)
    throw failure(exit_code::failed, finished.error());
  try {
    auto made = gather_still(c, config);
    made.created_at = utc(wall_now());
    const auto bytes = archive::write_backup(made);
    if (bytes.size() > largest_backup)
      throw failure(
          exit_code::failed,
          fmt::format("the backup would have {} bytes, more than {}", bytes.size(), largest_backup),
          "nothing was written; is a file included by mistake?");
    place(path, bytes, c.given.has("force"));
    tell(c, path, made, bytes.size());
    return 0;
  } catch (const invalid& fault) {
    return fault.code;
  }
}

}  // namespace aurora::ctl

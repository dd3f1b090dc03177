#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <aurora/config.hpp>
#include <aurora/daemon.hpp>
#include <aurora/version.hpp>

#include "archive/backup_form.hpp"
#include "context.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "quoting.hpp"
#include "restore_set.hpp"
#include "text.hpp"
#include "units.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

namespace fs = std::filesystem;

archive::backup read_backup(const std::string& path) {
  std::error_code ec;
  if (fs::file_size(path, ec) > largest_backup && !ec)
    throw failure(exit_code::failed,
                  fmt::format("'{}' has more than {} bytes", path, largest_backup),
                  "nothing was put back; is it the right file?");
  const auto bytes = read_if_there(path, "the backup");
  if (!bytes)
    throw failure(exit_code::failed, "cannot read the backup '" + path + "': no such file",
                  "name one that `aurorctl backup` wrote");
  auto found = archive::parse_backup(*bytes);
  if (found) return std::move(*found);
  throw failure(
      exit_code::failed,
      "'" + path + "' is no backup that can be put back: " + neutralise(found.error(), sgr::strip),
      "nothing was put back; take another one, or look into it with: tar tvf " +
          shell_quoted(path));
}

/// Nobody else works on a state directory: the kernel's lock on what the daemon locks.
class hold {
 public:
  /// make: also where no daemon ever ran.
  hold(const std::string& state_dir, bool make) {
    const auto path = state_dir + "/aurorad.lock";
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0);
    fd_ = ::open(path.c_str(), flags, 0600);
    if (fd_ < 0 && !make && errno == ENOENT) return;
    if (fd_ < 0)
      throw failure(errno == EACCES ? exit_code::not_permitted : exit_code::failed,
                    "cannot open the lock '" + path + "': " + std::strerror(errno),
                    "nothing was put back; run it as the user of the daemon");
    busy_ = ::flock(fd_, LOCK_EX | LOCK_NB) != 0;
  }
  ~hold() {
    if (fd_ >= 0) ::close(fd_);
  }
  hold(const hold&) = delete;
  hold& operator=(const hold&) = delete;
  bool busy() const { return busy_; }

 private:
  int fd_ = -1;
  bool busy_ = false;
};

void make_private(const std::string& directory) {
  std::error_code ec;
  const auto parent = fs::path(directory).parent_path();
  fs::create_directories(parent, ec);
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return;
  throw failure(exit_code::failed,
                "cannot make the state directory '" + directory + "': " + std::strerror(errno),
                "nothing was put back; name another one with --state-dir");
}

/// That of the configuration which is there now; empty: that cannot be told.
std::string present_state_dir(const invocation& given) {
  try {
    return find_state_dir(given);
  } catch (const failure&) {
    return {};
  }
}

/// All that is to take a place, and where.
struct work {
  const archive::backup& from;
  std::string config, state_dir;
  restored_source source;
  bool beside_daemon = false;
};

/// Only what is valid is put back.
std::string judged_state_dir(const invocation& given, work& todo, const std::string& file) {
  const auto loaded = load_config(todo.config, todo.source);
  if (loaded.stack)
    return aurora::find_state_dir(given.state_dir.value_or(""), loaded.stack->state_dir,
                                  todo.config);
  std::vector<std::string> faults;
  for (const auto& fault : loaded.faults)
    if (fault.level == diagnostic::severity::error)
      faults.push_back(neutralise(to_string(fault), sgr::strip));
  throw failure(exit_code::invalid_configuration,
                "the configuration in '" + file + "' would be refused here",
                "nothing was put back; give it what it lacks (a variable, a file beside it)",
                std::move(faults));
}

/// Every file that may take a place, with where that is.
std::vector<std::pair<std::string, const archive::entry*>> places_of(const work& todo) {
  std::vector<std::pair<std::string, const archive::entry*>> all(todo.source.files().begin(),
                                                                 todo.source.files().end());
  if (todo.beside_daemon) return all;
  for (const auto& each : todo.from.files)
    if (each.name.starts_with("state/"))
      all.emplace_back(todo.state_dir + "/" + each.name.substr(6), &each);
  return all;
}

/// What is replaced, as a backup of its own. Returns: its path; empty: nothing was there.
std::string keep_present(const work& todo) {
  archive::backup kept;
  kept.main = todo.from.main, kept.config = todo.config, kept.state_dir = todo.state_dir;
  kept.created_at = utc(wall_now()), kept.version = version;
  const auto add = [&](const std::string& name, const std::string& path) {
    auto text = read_if_there(path, "the file to replace");
    if (text) kept.files.push_back({name, std::move(*text), 0600});
  };
  for (const auto& [path, from] : places_of(todo)) add(from->name, path);
  for (const auto& path : todo.source.strangers()) {
    const auto below = fs::path(path).lexically_relative(fs::path(todo.config).parent_path());
    const auto name = "config/" + below.string();
    const bool fits = archive::is_safe_name(name) && archive::fits_header(name);
    add(fits ? name : "outside" + path, path);
  }
  if (kept.files.empty()) return {};
  auto stamp = kept.created_at;
  std::erase(stamp, ':');  // tar(1) takes what is before one for a host
  const auto path = todo.state_dir + "/before-restore-" + stamp + ".tar";
  if (create_whole(path, archive::write_backup(kept), 0600)) return path;
  throw failure(exit_code::failed, "there is a file already: '" + path + "'",
                "nothing was put back; try again");
}

void begin(const std::string& config, staging& ready) {
  if (auto begun = begin_restore(config, ready.steps()); !begun)
    throw failure(exit_code::failed, begun.error(), "nothing was put back");
  ready.keep();
  if (auto finished = finish_restore(config); !finished)
    throw failure(exit_code::failed, finished.error(),
                  "put that right; the next `aurorctl restore`, or aurorad, finishes it");
}

std::vector<std::string> outside_of(const archive::backup& from) {
  std::vector<std::string> names;
  for (const auto& each : from.files)
    if (each.name.starts_with("outside/")) names.push_back(each.name);
  return names;
}

void tell_json(context& c, const work& todo, const staging& ready, const std::string& kept) {
  json::array written, removed, outside;
  for (const auto& path : ready.written()) written.emplace_back(path);
  for (const auto& path : ready.removed()) removed.emplace_back(path);
  for (const auto& name : outside_of(todo.from)) outside.emplace_back(name);
  json::object result{{"config", todo.config}, {"state_dir", todo.state_dir}};
  result["written"] = std::move(written), result["removed"] = std::move(removed);
  result["untouched"] = ready.untouched(), result["outside"] = std::move(outside);
  result["kept"] = kept.empty() ? json::value(nullptr) : json::value(kept);
  c.out.line(to_text(result));
}

void tell(context& c, const work& todo, const staging& ready, const std::string& kept,
          const std::string& file) {
  if (c.given.json) return tell_json(c, todo, ready, kept);
  const auto shown = [](const std::string& text) { return neutralise(text, sgr::strip); };
  for (const auto& path : ready.written()) c.say("put back " + shown(path));
  for (const auto& path : ready.removed())
    c.say("removed " + shown(path) + ": included, and not in the backup");
  for (const auto& name : outside_of(todo.from))
    c.say("not put back, since it lies elsewhere: " + shown(name.substr(7)) +
          "; it is in: tar xf " + shown(shell_quoted(file)) + " " + shown(shell_quoted(name)));
  c.say(fmt::format("{} put back, {} removed, {} as they were; made {} by aurorctl {}",
                    ready.written().size(), ready.removed().size(), ready.untouched(),
                    shown(todo.from.created_at), shown(todo.from.version)));
  if (!kept.empty()) c.say("what was there is kept in " + shown(kept));
  if (todo.beside_daemon) {
    c.say("the state of the running daemon is left to it");
    c.say("next: aurorctl plan, then aurorctl reload");
  } else {
    c.say("next: aurorctl up -d");
  }
}

}  // namespace

int verb_restore(context& c) {
  if (c.given.host)
    throw failure(exit_code::usage, "restore writes the files of this machine",
                  "run it on that of the daemon, without --host");
  const auto file = absolute(c.given.operands.front());
  const auto from = read_backup(file);
  auto config = find_config(c.given);
  if (config.empty()) config = absolute(from.main);
  if (auto finished = finish_restore(config); !finished)
    throw failure(exit_code::failed, finished.error(), "nothing was put back");
  work todo{from, config, {}, restored_source(from, config)};
  todo.state_dir = judged_state_dir(c.given, todo, file);
  make_private(todo.state_dir);
  const auto present = present_state_dir(c.given);
  const hold ours(todo.state_dir, true);
  const bool elsewhere = !present.empty() && present != todo.state_dir;
  const hold theirs(elsewhere ? present : "/nonexistent", false);
  todo.beside_daemon = ours.busy() || theirs.busy();
  if (todo.beside_daemon && !c.given.has("force"))
    throw failure(exit_code::failed,
                  "the daemon runs on '" + (ours.busy() ? todo.state_dir : present) + "'",
                  "nothing was put back; stop it before: aurorctl down. --force puts back the "
                  "configuration alone, for a reload");
  staging ready;
  for (const auto& [path, entry] : places_of(todo)) ready.put(path, *entry);
  for (const auto& path : todo.source.strangers()) ready.remove(path);
  const auto kept = ready.steps().empty() ? std::string() : keep_present(todo);
  if (!ready.steps().empty()) begin(config, ready);
  tell(c, todo, ready, kept, file);
  return 0;
}

}  // namespace aurora::ctl

#include "restore_set.hpp"

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "failure.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

namespace fs = std::filesystem;

void make_directories(const std::string& path) {
  std::error_code ec;
  fs::create_directories(path, ec);
  if (ec)
    throw failure(exit_code::failed, "cannot make the directory '" + path + "': " + ec.message(),
                  "nothing was put back; put that right and try again");
}

/// Behind symbolic links: the file is replaced, not the link to it.
std::string real(const std::string& path) {
  std::error_code ec;
  const auto found = fs::weakly_canonical(path, ec);
  return ec ? path : found.string();
}

/// Written as the owner's own, then with mode and owner of what it takes the place of.
void take_after(const std::string& fresh, const std::string& path, unsigned mode) {
  struct stat old {};
  const bool there = ::stat(path.c_str(), &old) == 0;
  const bool other = there && (old.st_uid != ::geteuid() || old.st_gid != ::getegid());
  const bool owned = !other || ::chown(fresh.c_str(), old.st_uid, old.st_gid) == 0;
  const mode_t wanted = there ? old.st_mode & 0777 : (mode & 0755) | 0600;
  if (owned && ::chmod(fresh.c_str(), wanted) == 0) return;
  throw failure(exit_code::not_permitted, "cannot keep the owner and the mode of '" + path + "'",
                "nothing was put back; run it as the user who may");
}

}  // namespace

restored_source::restored_source(const archive::backup& from, const std::string& config) {
  const auto directory = fs::path(config).parent_path();
  for (const auto& each : from.files) {
    if (each.name == "config/" + from.main) {
      files_[config] = &each;
    } else if (each.name.starts_with("config/")) {
      files_[(directory / each.name.substr(7)).string()] = &each;
    }
  }
}

std::optional<std::string> restored_source::read(const std::string& path, std::string& why) {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second->bytes;
  return disk_.read(path, why);
}

std::vector<std::string> restored_source::glob(const std::string& pattern) {
  std::vector<std::string> all;
  for (const auto& path : disk_.glob(pattern)) {
    const bool known = files_.count(path) != 0;
    const bool noted = std::count(strangers_.begin(), strangers_.end(), path) != 0;
    if (!known && !noted) strangers_.push_back(path);
  }
  for (const auto& [path, from] : files_)
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0)
      all.push_back(path);
  return all;
}

std::optional<std::string> restored_source::variable(const std::string& name) {
  return disk_.variable(name);
}

staging::~staging() {
  if (kept_) return;
  for (const auto& step : steps_)
    if (!step.to.empty()) ::unlink(step.from.c_str());
}

void staging::remove(const std::string& path) {
  removed_.push_back(real(path));
  steps_.push_back({removed_.back(), ""});
}

void staging::put(const std::string& named, const archive::entry& what) {
  const auto path = real(named);
  if (something_at(path) && read_if_there(path, "the file to replace") == what.bytes) {
    ++untouched_;
    return;
  }
  const fs::path place(path);
  make_directories(place.parent_path().string());
  const auto fresh =
      (place.parent_path() / ("." + place.filename().string() + ".restored")).string();
  ::unlink(fresh.c_str());  // of one that died before it began
  if (!create_whole(fresh, what.bytes, 0600))
    throw failure(exit_code::failed, "cannot write '" + fresh + "': it is there already",
                  "nothing was put back; does another restore run?");
  steps_.push_back({fresh, path});
  written_.push_back(path);
  take_after(fresh, path, what.mode);
}

}  // namespace aurora::ctl

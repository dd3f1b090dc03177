#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reactor/child/launcher.hpp"

namespace aurora::reactor {
namespace {

/// As systemd does where nobody set one.
constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// 0 for a file that may be executed, else why not.
int executable(const std::string& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return errno;
  if (!S_ISREG(about.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

std::string join(std::string_view directory, std::string_view name,
                 const std::string& working_dir) {
  std::string file;
  if (directory.empty() || directory[0] != '/') {
    file = working_dir;  // where exec will look: the child enters it first
    if (!file.empty()) file += '/';
  }
  if (!directory.empty()) file.append(directory) += '/';
  return file.append(name);
}

}  // namespace

std::string environment_value(const std::vector<std::string>& environment, std::string_view key) {
  std::string_view found;
  for (const std::string_view entry : environment) {
    if (entry.size() > key.size() && entry[key.size()] == '=' && entry.substr(0, key.size()) == key)
      found = entry.substr(key.size() + 1);
  }
  return std::string(found);
}

boost::system::result<std::string, launch_error> find_program(
    const std::string& name, const std::vector<std::string>& environment,
    const std::string& working_dir) {
  if (name.find('/') != std::string::npos) return name;
  launch_error error{launch_error::phase::exec, ENOENT, name};
  if (name.empty()) return error;
  const auto value = environment_value(environment, "PATH");
  std::string_view rest = value.empty() ? default_path : std::string_view(value);
  for (;;) {
    const auto colon = rest.find(':');
    auto file = join(rest.substr(0, colon), name, working_dir);
    const int why = executable(file);
    if (why == 0) return file;
    if (why == EACCES && error.error != EACCES)
      error = {launch_error::phase::exec, EACCES, std::move(file)};
    if (colon == std::string_view::npos) return error;
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace aurora::reactor

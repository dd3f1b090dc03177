#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "client.hpp"
#include "context.hpp"
#include "faults.hpp"
#include "handlers.hpp"
#include "places.hpp"

namespace aurora::ctl {
namespace {

failure cannot(const std::string& what, const std::string& path, int error) {
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return {denied ? exit_code::not_permitted : exit_code::failed,
          "cannot " + what + " '" + path + "': " + std::strerror(error)};
}

/// What the daemon runs has to be what is written over: it reads its own file again.
asio::awaitable<int> same_as_of_daemon(context& c, endpoint where, std::string file) {
  client api(c.io.get_executor(), std::move(where));
  const auto answer = co_await api.get_json("/api/v1/status", std::chrono::seconds(10));
  const auto of_daemon = read_status(answer).daemon.config;
  std::error_code ec;
  if (of_daemon != file && !std::filesystem::equivalent(of_daemon, file, ec))
    throw failure(exit_code::usage, "the daemon runs '" + of_daemon + "', not '" + file + "'",
                  "name it with --config");
  co_return 0;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0;
}

/// With the mode and the owner of `like`. Throws `failure`; nothing is left then.
void write_new(const std::string& path, const std::string& text, const std::string& like) {
  struct stat about {};
  if (::stat(like.c_str(), &about) != 0) throw cannot("look at", like, errno);
  ::unlink(path.c_str());  // of one that was killed
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) throw cannot("make", path, errno);
  const bool ours = about.st_uid == ::geteuid() && about.st_gid == ::getegid();
  const bool done = write_all(fd, text) &&
                    (ours || ::fchown(fd, about.st_uid, about.st_gid) == 0) &&
                    ::fchmod(fd, about.st_mode & 07777) == 0;
  const int error = errno;
  ::close(fd);
  if (done) return;
  ::unlink(path.c_str());
  throw cannot("write", path, error);
}

void put_in_place(const std::string& from, const std::string& path) {
  if (std::rename(from.c_str(), path.c_str()) == 0) return;
  const int error = errno;
  ::unlink(from.c_str());
  throw cannot("replace", path, error);
}

/// Whether the daemon would take it: what it includes may have changed since.
int judge(context& c, const std::string& file) {
  disk_source disk;
  const auto loaded = load_config(file, disk);
  const auto errors = tell_faults(c, file, loaded);
  return loaded.stack ? 0 : tell_invalid(c, file, errors);
}

/// The file's own text, and never half of one, whenever this ends.
int write_back(context& c, const std::string& file, const std::string& good) {
  const auto present = read_file(file, "the configuration");
  if (present == good) return 0;
  const auto fresh = file + ".new";
  write_new(fresh, good, file);
  if (const int fault = judge(c, fresh); fault != 0) {
    ::unlink(fresh.c_str());
    return fault;
  }
  write_new(file + ".bak.new", present, file);
  put_in_place(file + ".bak.new", file + ".bak");
  put_in_place(fresh, file);
  c.say("'" + file + "' is the one before again; what it was is in '" + file + ".bak'");
  return 0;
}

std::string good_config(const std::string& state_dir) {
  const auto path = state_dir + "/config.good";
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
    throw failure(exit_code::failed,
                  "there is no configuration to go back to: '" + path + "': no such file",
                  "one is kept when a reload replaces it while all is ready");
  return read_file(path, "the configuration to go back to");
}

}  // namespace

int verb_rollback(context& c) {
  if (c.given.host)
    throw failure(exit_code::usage, "rollback writes a file of this machine",
                  "run it on that of the daemon, without --host");
  // Behind symlinks: the file is replaced, not the link to it.
  const auto named = require_config(c.given);
  std::error_code ec;
  const auto real = std::filesystem::canonical(named, ec);
  const std::string file = ec ? named : real.string();
  run_on(c.io, same_as_of_daemon(c, find_endpoint(c.given), file));
  c.io.restart();
  if (const int fault = write_back(c, file, good_config(find_state_dir(c.given))); fault != 0)
    return fault;
  return verb_reload(c);
}

}  // namespace aurora::ctl

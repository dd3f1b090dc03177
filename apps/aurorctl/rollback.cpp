#include <aurora/config.hpp>
#include <aurora/disk_source.hpp>

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "client.hpp"
#include "context.hpp"
#include "faults.hpp"
#include "handlers.hpp"
#include "places.hpp"
#include "whole_file.hpp"

namespace aurora::ctl {
namespace {

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
  const auto fresh = file + ".new";  // beside it: includes are found from there
  replace_whole(fresh, good, 0600);
  const int fault = judge(c, fresh);
  ::unlink(fresh.c_str());
  if (fault != 0) return fault;
  const auto kept = keep_a_copy(file);
  replace_whole(file, good, 0644);
  c.say("'" + file + "' is the one before again; what it was is in '" + kept + "'");
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

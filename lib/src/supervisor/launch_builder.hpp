#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/system/result.hpp>

#include <aurora/spec.hpp>

#include "core/engine.hpp"
#include "core/events.hpp"
#include "reactor/child/launch.hpp"
#include "wire/configuration.hpp"

namespace aurora::shell {

/// What a launch needs beside the service's definition.
struct launch_context {
  std::string instance;  ///< "web@2"
  unsigned number = 1;
  std::optional<std::uint16_t> port;
  std::string run_marker;      ///< value of AURORA_RUN
  std::string notify_address;  ///< value of NOTIFY_SOCKET; empty: none
};

/// What the daemon's own environment hands on to every service: PATH, HOME, USER, LOGNAME, SHELL,
/// LANG, LC_*, TZ, TMPDIR, and nothing else, so that no secret of the daemon's leaks into a
/// service. With `user`, HOME, USER, LOGNAME and SHELL are that user's.
std::vector<std::pair<std::string, std::string>> base_environment();

/// Whether a launch of this service asks the system for accounts or reads files: by NSS or from a
/// disk, either of which may take its time. Such a launch is built on a worker.
bool may_block(const service_spec& service);

/// What is wrong, in words: an unknown user, an env file that cannot be read. Transient where the
/// system had no descriptor or memory to look with: then nothing is known of the user or the file.
struct build_fault {
  build_fault() = default;
  build_fault(std::string said, core::event::spawn_fault how = core::event::spawn_fault::permanent)
      : words(std::move(said)), lasts(how) {}
  std::string words;
  core::event::spawn_fault lasts = core::event::spawn_fault::permanent;
};
using built_launch = boost::system::result<reactor::launch_spec, build_fault>;

/// The launch of a service's own command. Env files are read here, at each start. Safe on any
/// thread.
built_launch build_launch(const service_spec& service, const launch_context& context);

/// The same surroundings for another command of the service: a hook, a stop command, an exec probe.
built_launch build_launch(const service_spec& service, const launch_context& context,
                          const argv_template& command);

/// The environment that a launch would have, and where each variable of it is from. As
/// `build_launch`.
boost::system::result<std::vector<wire::environment_variable>, std::string> describe_environment(
    const service_spec& service, const launch_context& context);

}  // namespace aurora::shell

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <map>

#include "core/engine.hpp"
#include "reactor/child/launcher.hpp"
#include "supervisor/checks/account.hpp"
#include "supervisor/checks/passage.hpp"
#include "supervisor/checks/script.hpp"
#include "supervisor/checks/subject.hpp"
#include "supervisor/checks/version.hpp"
#include "supervisor/launch_builder.hpp"

/// What a service is started with: its account, environment, directory and programs.
namespace aurora::shell {
namespace {

launch_context context_of(const service_spec& service) {
  launch_context context;
  context.instance = service.name;
  context.port = service.port;
  return context;
}

identity identity_of(const reactor::launch_spec& launch) {
  if (!launch.user) return ourselves();
  return {launch.user->uid, launch.user->gid, launch.user->groups};
}

std::string remedy_of(const build_fault& fault, const service_spec& service) {
  if (fault.words.starts_with("user:"))
    return "useradd --system --no-create-home " + shell_word(service.user.value_or(""));
  if (fault.words.starts_with("group:"))
    return "groupadd --system " + shell_word(service.group.value_or(""));
  return "getent passwd";
}

/// Of the account alone, as the launch would look it up.
bool check_account(const service_spec& service, notes& say) {
  const auto built = launch_of_account(service, context_of(service));
  if (!built) {
    say.fail(built.error().words, remedy_of(built.error(), service));
    return false;
  }
  if (built->user && ::geteuid() != 0 && built->user->uid != ::geteuid())
    say.fail(fmt::format("user: only root can become \"{}\", this is uid {}",
                         service.user.value_or(service.group.value_or("")), ::geteuid()),
             "sudo aurorctl up -d");
  return true;
}

/// Each for itself, so that all that are wrong are told.
bool check_env_files(const service_spec& service, notes& say) {
  bool well = true;
  for (const auto& layer : service.env) {
    const auto* file = std::get_if<env_file>(&layer);
    if (!file) continue;
    service_spec only = service;
    only.user = only.group = std::nullopt;
    only.env = {layer};
    const auto built = build_launch(only, context_of(service));
    if (!built) say.fail(built.error().words, "ls -l " + shell_word(file->path));
    well = well && built.has_value();
  }
  return well;
}

void check_working_dir(const reactor::launch_spec& launch, const identity& who, notes& say) {
  const auto& directory = launch.working_dir;
  const auto found = way_into(directory, who);
  if (found.error == 0) return;
  if (found.error == EACCES)
    return say.fail(fmt::format("working_dir '{}': '{}' cannot be passed by {}: {}", directory,
                                found.path, words_of(who), std::strerror(found.error)),
                    fmt::format("chmod o+x {}", shell_word(found.path)));
  say.fail(fmt::format("working_dir '{}': {}", directory, std::strerror(found.error)),
           fmt::format("mkdir -p {}", shell_word(directory)));
}

void check_virtualenv(const service_spec& service, const identity& who, notes& say) {
  if (!service.virtualenv) return;
  const auto python = *service.virtualenv + "/bin/python";
  const auto again = "python3 -m venv --clear " + shell_word(*service.virtualenv);
  const auto found = way_to(python, who);
  if (found.error == EACCES)
    return say.fail(
        fmt::format("virtualenv '{}': '{}' cannot be passed by {}: {}", *service.virtualenv,
                    found.path, words_of(who), std::strerror(found.error)),
        fmt::format("chmod o+x {}", shell_word(found.path)));
  if (found.error)
    return say.fail(fmt::format("virtualenv '{}' is not complete: '{}': {}", *service.virtualenv,
                                python, std::strerror(found.error)),
                    again);
  const bool would_run = ::geteuid() != 0 || is_ours_alone(python);
  if (::access(python.c_str(), X_OK) != 0 || (would_run && !version_of(python)))
    say.fail(fmt::format("virtualenv '{}': '{}' does not run", *service.virtualenv, python), again);
}

struct named_command {
  std::string key;
  const argv_template* argv;
};

std::vector<named_command> commands_of(const service_spec& service) {
  std::vector<named_command> all{{"command", &service.command},
                                 {"stop.command", &service.stop.command},
                                 {"hooks.pre_start", &service.hooks.pre_start},
                                 {"hooks.post_start", &service.hooks.post_start},
                                 {"hooks.pre_stop", &service.hooks.pre_stop},
                                 {"hooks.post_stop", &service.hooks.post_stop}};
  if (service.health)
    if (const auto* probe = std::get_if<exec_probe>(&service.health->probe))
      all.push_back({"health.exec", &probe->command});
  std::erase_if(all, [](const auto& each) { return each.argv->empty(); });
  return all;
}

/// Its program's file; empty: there is a fault, and it was told.
std::string check_program(const std::string& key, const reactor::launch_spec& launch,
                          const identity& who, notes& say) {
  const auto& name = launch.argv.front();
  auto file = reactor::find_program(name, launch.environment, launch.working_dir);
  if (!file) {
    const auto path = reactor::environment_value(launch.environment, "PATH");
    say.fail(fmt::format("{} \"{}\" is nowhere along PATH: {} ({})", key, name,
                         std::strerror(file.error().error), path),
             "apt-get install " + shell_word(name));
    return {};
  }
  if (file->front() != '/') *file = launch.working_dir + "/" + *file;
  if (auto fault = fault_of_program(*file, launch, who)) {
    say.fail(fmt::format("{} '{}': {}", key, *file, fault->words), fault->fix);
    return {};
  }
  return *file;
}

void check_service(const service_spec& service, std::vector<finding>& into) {
  notes say(into, "service", service.name);
  if (!check_account(service, say) || !check_env_files(service, say)) return;
  std::string program;
  for (const auto& [key, argv] : commands_of(service)) {
    const auto launch = build_launch(service, context_of(service), *argv);
    if (!launch) return say.fail(launch.error().words, "aurorctl why " + shell_word(service.name));
    const auto who = identity_of(*launch);
    if (key == "command") check_working_dir(*launch, who, say);
    if (key == "command") check_virtualenv(service, who, say);
    const auto file = check_program(key, *launch, who, say);
    if (key == "command") program = file;
  }
  if (say.well()) say.ok(fmt::format("command '{}' in '{}'", program, service.working_dir));
}

}  // namespace

void check_commands(const subject& of, std::vector<finding>& into) {
  for (const auto* service : of.services)
    if (service->type != service_type::external) check_service(*service, into);
}

}  // namespace aurora::shell

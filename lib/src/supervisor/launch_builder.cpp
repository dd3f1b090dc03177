#include "supervisor/launch_builder.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <aurora/config.hpp>

#include "supervisor/numbers.hpp"

namespace aurora::shell {
namespace {

using variables = std::vector<std::pair<std::string, std::string>>;
using sourced = std::vector<wire::environment_variable>;
template <class T>
using built = boost::system::result<T, build_fault>;

core::event::spawn_fault lasting(int error) {
  using core::event::spawn_fault;
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
    case EINTR:
    case EAGAIN:
      return spawn_fault::transient;
    default:
      return spawn_fault::permanent;
  }
}

bool inherited(std::string_view name) {
  for (const std::string_view kept :
       {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"})
    if (name == kept) return true;
  return name.rfind("LC_", 0) == 0;
}

void set(variables& environment, std::string name, std::string value) {
  for (auto& [known, old] : environment)
    if (known == name) {
      old = std::move(value);
      return;
    }
  environment.emplace_back(std::move(name), std::move(value));
}

const std::string* get(const variables& environment, std::string_view name) {
  for (const auto& [known, value] : environment)
    if (known == name) return &value;
  return nullptr;
}

void set(sourced& environment, std::string name, std::string value, std::string from) {
  for (auto& known : environment)
    if (known.name == name) {
      known.value = std::move(value);
      known.from = std::move(from);
      return;
    }
  environment.push_back({std::move(name), std::move(value), std::move(from)});
}

const std::string* get(const sourced& environment, std::string_view name) {
  for (const auto& known : environment)
    if (known.name == name) return &known.value;
  return nullptr;
}

std::vector<gid_t> groups_of(const char* user, gid_t primary) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(user, primary, groups.data(), &count) < 0)
    groups.resize(static_cast<std::size_t>(count));
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

struct account {
  reactor::credentials ids;
  variables environment;
};

built<account> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = ::getpwnam(name.c_str());
  if (!entry)
    if (const auto uid = number_of<unsigned>(name)) entry = ::getpwuid(*uid);
  const int error = errno;
  if (!entry && lasting(error) == core::event::spawn_fault::transient)
    return build_fault(fmt::format("user: cannot look up \"{}\": {}", name, std::strerror(error)),
                       lasting(error));
  if (!entry) {
    const auto uid = number_of<unsigned>(name);
    if (!uid)
      return fmt::format("user: there is no user \"{}\" on this machine (getent passwd)", name);
    account bare;
    bare.ids.uid = *uid;
    bare.ids.gid = *uid;
    return bare;
  }
  account found;
  found.ids.uid = entry->pw_uid;
  found.ids.gid = entry->pw_gid;
  found.environment = {
      {"HOME", entry->pw_dir},
      {"USER", entry->pw_name},
      {"LOGNAME", entry->pw_name},
      {"SHELL", entry->pw_shell && *entry->pw_shell ? entry->pw_shell : "/bin/sh"}};
  const std::string user = entry->pw_name;
  found.ids.groups = groups_of(user.c_str(), found.ids.gid);
  return found;
}

built<gid_t> find_group(const std::string& name) {
  errno = 0;
  if (const group* entry = ::getgrnam(name.c_str())) return entry->gr_gid;
  if (const int error = errno; lasting(error) == core::event::spawn_fault::transient)
    return build_fault(fmt::format("group: cannot look up \"{}\": {}", name, std::strerror(error)),
                       lasting(error));
  if (const auto gid = number_of<unsigned>(name)) return static_cast<gid_t>(*gid);
  return fmt::format("group: there is no group \"{}\" on this machine (getent group)", name);
}

built<std::optional<account>> find_account(const service_spec& service) {
  if (!service.user && !service.group) return std::optional<account>();
  account who;
  if (service.user) {
    auto found = find_user(*service.user);
    if (!found) return found.error();
    who = std::move(*found);
  } else {
    who.ids.uid = ::geteuid();
  }
  if (service.group) {
    const auto gid = find_group(*service.group);
    if (!gid) return gid.error();
    who.ids.gid = *gid;
    if (who.ids.groups.empty()) who.ids.groups = {*gid};
  }
  return std::optional<account>(std::move(who));
}

build_fault unreadable(const std::string& path, int error) {
  return {fmt::format("env_files: cannot open \"{}\": {}", path, std::strerror(error)),
          lasting(error)};
}

built<variables> read_env_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path);
  if (!in) return unreadable(path, errno);
  std::ostringstream text;
  if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (in.bad() || text.fail()) return unreadable(path, errno != 0 ? errno : EIO);
  diagnostics faults;
  auto found = parse_env_file(text.str(), path, faults);
  if (has_errors(faults)) return fmt::format("env_files: {}", to_string(faults.front()));
  return found;
}

// venv's own `activate` does these, and no more.
void activate_virtualenv(sourced& environment, const std::string& directory) {
  const auto put = [&](std::string name, std::string value) {
    set(environment, std::move(name), std::move(value), "virtualenv");
  };
  const std::string* path = get(environment, "PATH");
  put("PATH", directory + "/bin" + (path ? ":" + *path : ""));
  put("VIRTUAL_ENV", directory);
  const auto slash = directory.find_last_of('/');
  put("VIRTUAL_ENV_PROMPT", slash == std::string::npos ? directory : directory.substr(slash + 1));
  std::erase_if(environment, [](const auto& entry) { return entry.name == "PYTHONHOME"; });
  if (!get(environment, "PYTHONUNBUFFERED")) put("PYTHONUNBUFFERED", "1");
}

core::instance_variables own_variables(const service_spec& service, const launch_context& context) {
  return {service.name, context.number, context.port};
}

built<sourced> compose_environment(const service_spec& service, const launch_context& context,
                                   const std::optional<account>& who) {
  const auto own = own_variables(service, context);
  sourced environment;
  for (auto& [name, value] : base_environment())
    environment.push_back({std::move(name), std::move(value), "inherited"});
  if (who)
    for (const auto& [name, value] : who->environment) set(environment, name, value, "user");
  for (const env_layer& layer : service.env) {
    if (const auto* file = std::get_if<env_file>(&layer)) {
      auto found = read_env_file(file->path);
      if (!found) return found.error();
      for (auto& [name, value] : *found)
        set(environment, std::move(name), std::move(value), file->path);
      continue;
    }
    for (const auto& [name, value] : std::get<env_vars>(layer))
      set(environment, name, core::expand(value, own), "env");
  }
  if (service.virtualenv) activate_virtualenv(environment, *service.virtualenv);
  const auto put = [&](std::string name, std::string value) {
    set(environment, std::move(name), std::move(value), "aurora");
  };
  put("AURORA_SERVICE", service.name);
  put("AURORA_INSTANCE", std::to_string(context.number));
  if (!context.run_marker.empty()) put("AURORA_RUN", context.run_marker);
  if (context.port) put("PORT", std::to_string(*context.port));
  if (!context.notify_address.empty()) put("NOTIFY_SOCKET", context.notify_address);
  return environment;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> base_environment() {
  variables kept;
  for (char** entry = ::environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos && inherited(text.substr(0, equals)))
      kept.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (!get(kept, "PATH"))
    set(kept, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  return kept;
}

bool may_block(const service_spec& service) {
  const auto is_file = [](const env_layer& layer) {
    return std::holds_alternative<env_file>(layer);
  };
  return service.user || service.group ||
         std::any_of(service.env.begin(), service.env.end(), is_file);
}

built_launch build_launch(const service_spec& service, const launch_context& context) {
  return build_launch(service, context, service.command);
}

built_launch build_launch(const service_spec& service, const launch_context& context,
                          const argv_template& command) {
  auto who = find_account(service);
  if (!who) return who.error();
  auto environment = compose_environment(service, context, *who);
  if (!environment) return environment.error();
  reactor::launch_spec launch;
  launch.argv = core::expand(command, own_variables(service, context));
  launch.environment.reserve(environment->size());
  for (const auto& each : *environment) launch.environment.push_back(each.name + "=" + each.value);
  launch.working_dir = service.working_dir;
  if (*who) launch.user = (*who)->ids;
  launch.umask = service.umask;
  launch.nice = service.nice;
  launch.limits = service.limits;
  return launch;
}

boost::system::result<std::vector<wire::environment_variable>, std::string> describe_environment(
    const service_spec& service, const launch_context& context) {
  auto who = find_account(service);
  if (!who) return who.error().words;
  auto environment = compose_environment(service, context, *who);
  if (!environment) return environment.error().words;
  return std::move(*environment);
}

}  // namespace aurora::shell

#include "supervisor/preparation.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include <aurora/config.hpp>

#include "config/addresses.hpp"
#include "reactor/child/launch.hpp"
#include "reactor/child/marked.hpp"
#include "supervisor/configuration.hpp"
#include "supervisor/disk_source.hpp"
#include "supervisor/prerequisites.hpp"
#include "supervisor/token_file.hpp"
#include "supervisor/volatile_state.hpp"

namespace aurora::shell {
namespace {

void prepare_process() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  ::umask(027);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  reactor::raise_own_limits();
  reactor::protect_from_oom();
}

std::optional<log_level> level_named(const std::string& name) {
  if (name == "error") return log_level::error;
  if (name == "warning") return log_level::warning;
  if (name == "info") return log_level::info;
  if (name == "debug") return log_level::debug;
  return std::nullopt;
}

struct unknown_group {
  std::string words;
};

boost::system::result<std::optional<gid_t>, unknown_group> group_named(
    const std::optional<std::string>& name) {
  if (!name) return std::optional<gid_t>();
  if (const group* entry = ::getgrnam(name->c_str())) return std::optional<gid_t>(entry->gr_gid);
  return unknown_group{
      fmt::format("control.group: there is no group \"{0}\" (groupadd --system {0}?)", *name)};
}

/// Complains of what is wrong with it.
std::optional<configuration> configuration_at(const std::string& path) {
  auto found = shell::read_configuration(path);
  if (found.unsafe) {
    complain(*found.unsafe);
    return std::nullopt;
  }
  disk_source disk;
  fault_context context(path, disk);
  for (const auto& fault : found.loaded.faults) {
    auto shown = to_string(fault) + "\n" + context.of(fault);
    shown.pop_back();
    complain(shown);
  }
  if (!found.loaded.stack) return std::nullopt;
  return found;
}

/// The lock that an earlier reactor of the same keeper took; none: there was none.
std::optional<state_lock> kept_lock(std::vector<reactor::held_descriptor>& kept) {
  for (auto& each : kept)
    if (each.kind == keeper::kind::lock && each.fd) return state_lock::adopt(each.fd.release());
  return std::nullopt;
}

int failed(const std::string& words) {
  complain(words);
  return exit_failure;
}

}  // namespace

void complain(const std::string& text) {
  const std::string line = "aurorad: " + text + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t n = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

std::optional<int> preparation::prepare() {
  const auto level = level_named(options_.log_level);
  if (!level) return exit_usage;
  how.level = *level;
  how.kept = keeper_.take_held();
  how.start_delay = options_.start_delay;
  how.lock = kept_lock(how.kept);
  const bool first = !how.lock;
  const auto code = first ? start() : come_back();
  if (code) return code;
  return take_address() || !first ? std::nullopt : std::optional<int>(exit_usage);
}

/// False, and a complaint: it cannot be listened on. Services that run are no less looked after for
/// that.
bool preparation::take_address() {
  const std::string address = options_.http.value_or(how.stack.http_listen);
  if (address == "off") return true;
  const auto transport = how.stack.http_tls ? config::transport::tls : config::transport::plain;
  if (const auto wrong = config::check_listen(address, transport); !wrong.message.empty()) {
    complain(fmt::format("--http: {} ({})", wrong.message, wrong.hint));
    return false;
  }
  how.address = address;
  auto token = token_of(state_paths(how.state_dir).token);
  if (token) how.token = std::move(*token);
  if (!token) how.token_fault = std::move(token.error().words);
  return true;
}

/// The first reactor.
std::optional<int> preparation::start() {
  const std::string config = find_config(options_.config);
  if (config.empty()) {
    complain("there is no aurora.json here and none in /etc/aurora: give one with --config");
    return exit_bad_configuration;
  }
  auto read = configuration_at(config);
  if (!read) return exit_bad_configuration;
  auto& stack = *read->loaded.stack;
  if (!take_group(stack)) return exit_bad_configuration;
  state_paths paths(find_state_dir(options_.state_dir, stack.state_dir, config));
  prepare_process();
  if (const auto code = make_state_dir(paths)) return code;
  auto lock = state_lock::take(paths.lock, keeper_.keeper_pid());
  if (!lock) return failed(lock.error());
  how.lock = std::move(*lock);
  keeper_.hold(keeper::kind::lock, "state", 0, how.lock->fd());
  if (!look_behind(paths)) return exit_failure;
  how.to_save = std::move(read->record);
  // Somebody launched it: the shutdown that the daemon before did not finish is over.
  how.left.shutting_down = false;
  std::erase_if(how.left.records, [](const auto& each) { return each.key == shutdown_key; });
  if (!how.left.instances.empty()) {
    auto last = shell::last_configuration(paths);
    if (!last) return failed(last.error());
    how.next = std::move(*last);
  }
  if (how.next) {
    how.stack = std::move(*how.next);
    how.next = std::move(stack);
  } else {
    how.stack = std::move(stack);
  }
  shell::keep_found_instances(how.left, how.stack);
  shell::apply_scale(how.left, how.stack);
  if (how.next) shell::apply_scale(how.left, *how.next);
  return how.left.instances.empty() ? missing_prerequisites() : std::nullopt;
}

/// One that follows a reactor which died: with the configuration that was in force, whatever has
/// become of its files.
std::optional<int> preparation::come_back() {
  const state_paths paths(how.lock->directory());
  prepare_process();
  if (!look_behind(paths)) return exit_failure;
  how.left.comes_back = true;
  auto last = shell::last_configuration(paths);
  if (!last) return failed(last.error());
  if (!*last) {
    auto read = configuration_at(find_config(options_.config));
    if (!read) return exit_bad_configuration;
    *last = std::move(*read->loaded.stack);
    how.to_save = std::move(read->record);
  }
  how.stack = std::move(**last);
  tell_volatile(paths.root, find_state_dir(options_.state_dir, how.stack.state_dir,
                                           find_config(options_.config)));
  shell::keep_found_instances(how.left, how.stack);
  shell::apply_scale(how.left, how.stack);
  return take_group(how.stack) ? std::nullopt : std::optional<int>(exit_bad_configuration);
}

/// Elsewhere, where that has to be.
std::optional<int> preparation::make_state_dir(state_paths& paths) {
  const auto ready = shell::prepare(paths, how.control_group);
  if (ready) return std::nullopt;
  auto other = keeper_.keeper_pid() == 1 ? volatile_state(paths, how.control_group) : std::nullopt;
  if (!other) return failed(ready.error());
  complain(ready.error());
  tell_volatile(other->root, paths.root);
  paths = std::move(*other);
  return std::nullopt;
}

void preparation::tell_volatile(const std::string& directory, const std::string& wanted) {
  if (is_volatile(directory)) how.volatile_because = volatile_words(directory, wanted);
}

bool preparation::take_group(const stack_spec& stack) {
  const auto group = group_named(stack.control_group);
  if (!group) complain(group.error().words);
  if (group) how.control_group = *group;
  return group.has_value();
}

bool preparation::look_behind(const state_paths& paths) {
  how.state_dir = paths.root;
  reactor::await_launches(keeper_.keeper_pid());  // what has not executed yet carries no marker
  auto left = shell::look_behind(paths);
  if (!left) complain(left.error());
  if (left) how.left = std::move(*left);
  return left.has_value();
}

std::optional<int> preparation::missing_prerequisites() {
  const auto missing = shell::missing_prerequisites(how.stack);
  for (const auto& one : missing) complain(one);
  return missing.empty() ? std::nullopt : std::optional<int>(exit_failure);
}

}  // namespace aurora::shell

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "reactor/child/first_line.hpp"
#include "supervisor/checks/subject.hpp"
#include "supervisor/checks/version.hpp"
#include "supervisor/prerequisites.hpp"
#include "supervisor/trust.hpp"

/// The configuration itself, and what it says has to be there.
namespace aurora::shell {
namespace {

constexpr std::size_t longest_version = 80;
constexpr auto version_limit = std::chrono::seconds(3);

void check_writers(const subject& of, notes& say) {
  const auto fault = distrusted(of.scope.files);
  if (!fault) return;
  if (trusts_all()) return say.warn(fault->what, fault->remedy);
  say.fail(fault->what + ": aurorad does not read it as root", fault->remedy);
}

void check_control_group(const subject& of, notes& say) {
  const auto& group = of.stack.control_group;
  if (group && !::getgrnam(group->c_str()))
    say.fail(fmt::format("control.group: there is no group \"{}\"", *group),
             "groupadd --system " + shell_word(*group));
}

void check_tls(const subject& of, notes& say) {
  if (!of.stack.http_tls) return;
  for (const auto& file : {of.stack.http_tls->certificate, of.stack.http_tls->key})
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0)
      say.fail(fmt::format("http.tls: cannot read '{}': {}", file, std::strerror(errno)),
               "ls -l " + shell_word(file));
}

void check_command(const command_exists& needed, notes& say) {
  if (const auto fault = missing(needed)) return say.fail(*fault, package_hint(needed));
  const auto file = where_on_path(needed.command);
  const auto version = version_of(file);
  say.ok(version ? fmt::format("{}: {}", file, *version) : file);
}

void check_file(const file_exists& needed, notes& say) {
  if (const auto fault = missing(needed))
    return say.fail(*fault, fmt::format("ls -ld {}", shell_word(needed.path)));
  say.ok(fmt::format("'{}' is there", needed.path));
}

void check_port(const port_free& needed, const subject& of, notes& say) {
  const auto holder = who_listens(needed.port);
  if (!holder) return say.ok(fmt::format("port {} is free", needed.port));
  if (const auto instance = instance_of(*holder, of.daemon); !instance.empty())
    return say.ok(fmt::format("port {} is held by {} itself", needed.port, instance));
  say.fail(fmt::format("port {} is taken by {}", needed.port, words_of(*holder)),
           freeing(*holder, needed.port));
}

}  // namespace

std::optional<std::string> version_of(const std::string& program) {
  if (::geteuid() == 0 && changeable_by_others(program, 0)) return std::nullopt;
  auto line = reactor::first_line_of({program, "--version"}, version_limit);
  if (!line || line->empty()) return std::nullopt;
  if (line->size() > longest_version) line->resize(longest_version);
  return line;
}

std::string freeing(const port_holder& holder, std::uint16_t port) {
  return holder.pid ? fmt::format("kill {}", holder.pid)
                    : fmt::format("sudo ss -ltnp 'sport = :{}'", port);
}

void check_configuration(const subject& of, std::vector<finding>& into) {
  notes say(into, "configuration");
  check_writers(of, say);
  check_control_group(of, say);
  check_tls(of, say);
  const auto count = of.stack.services.size();
  const auto files = of.scope.files.size();
  if (say.well())
    say.ok(fmt::format("'{}' is valid: {} service{} in {} file{}", of.stack.config_file, count,
                       count == 1 ? "" : "s", files, files == 1 ? "" : "s"));
}

void check_prerequisites(const subject& of, std::vector<finding>& into) {
  notes say(into, "prerequisites");
  for (const auto& needed : of.stack.prerequisites) {
    if (const auto* command = std::get_if<command_exists>(&needed)) check_command(*command, say);
    if (const auto* file = std::get_if<file_exists>(&needed)) check_file(*file, say);
    if (const auto* port = std::get_if<port_free>(&needed)) check_port(*port, of, say);
  }
}

}  // namespace aurora::shell

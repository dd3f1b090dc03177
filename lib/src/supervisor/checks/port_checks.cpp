#include <fmt/format.h>
#include <unistd.h>

#include "config/addresses.hpp"
#include "supervisor/checks/account.hpp"
#include "supervisor/checks/numbers.hpp"
#include "supervisor/checks/subject.hpp"
#include "supervisor/checks/version.hpp"
#include "supervisor/prerequisites.hpp"

/// The ports that services and the daemon listen on.
namespace aurora::shell {
namespace {

std::string name_of(const service_spec& service, unsigned number) {
  return service.instances == 1 ? service.name : fmt::format("{}@{}", service.name, number);
}

bool is_own(const std::string& holder, const service_spec& service) {
  return holder == service.name || holder.starts_with(service.name + "@");
}

/// Ports below a bound are root's, or of a program with that capability.
void check_privilege(const service_spec& service, notes& say) {
  const auto first = number_in("/proc/sys/net/ipv4/ip_unprivileged_port_start").value_or(0);
  if (*service.port >= first) return;
  const auto uid = uid_of(service);
  if (!uid || *uid == 0) return;  // that there is none is said of the service
  say.warn(fmt::format("port {} of {} is below {}: uid {} can listen on it only with "
                       "CAP_NET_BIND_SERVICE",
                       *service.port, service.name, first, *uid),
           fmt::format("sudo sysctl net.ipv4.ip_unprivileged_port_start={}", *service.port));
}

void check_instance(const subject& of, const service_spec& service, unsigned number, notes& say) {
  const auto port = static_cast<std::uint16_t>(*service.port + number - 1);
  const auto holder = who_listens(port);
  const auto name = name_of(service, number);
  if (!holder) return say.ok(fmt::format("port {} of {} is free", port, name));
  const auto instance = instance_of(*holder, of.daemon);
  if (is_own(instance, service))
    return say.ok(fmt::format("port {} of {} is held by the service itself", port, name));
  const auto also = instance.empty() ? std::string() : ", the service " + instance;
  say.fail(fmt::format("port {} of {} is taken by {}{}", port, name, words_of(*holder), also),
           instance.empty() ? freeing(*holder, port) : "aurorctl stop " + instance);
}

void check_listener(const subject& of, std::vector<finding>& into) {
  const auto address = config::split_address(of.stack.http_listen);
  if (!address || address->port == 0) return;
  notes say(into, "ports");
  const auto holder = who_listens(address->port);
  if (!holder) return say.ok(fmt::format("{} of http.listen is free", of.stack.http_listen));
  if (is_daemon(*holder, of.daemon))
    return say.ok(fmt::format("{} of http.listen is held by the daemon itself, pid {}",
                              of.stack.http_listen, holder->pid));
  // The daemon runs all the same, without its page, and waits for the port.
  say.warn(fmt::format("{} of http.listen is taken by {}: no dashboard, no /metrics",
                       of.stack.http_listen, words_of(*holder)),
           freeing(*holder, address->port));
}

}  // namespace

void check_ports(const subject& of, std::vector<finding>& into) {
  for (const auto* service : of.services) {
    if (!service->port || *service->port == 0 || service->type == service_type::external) continue;
    notes say(into, "ports", service->name);
    check_privilege(*service, say);
    for (unsigned number = 1; number <= service->instances; ++number)
      check_instance(of, *service, number, say);
  }
  check_listener(of, into);
}

}  // namespace aurora::shell

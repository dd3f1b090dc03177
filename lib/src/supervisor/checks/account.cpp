#include "supervisor/checks/account.hpp"

#include <unistd.h>

namespace aurora::shell {

built_launch launch_of_account(const service_spec& service, const launch_context& where) {
  service_spec bare = service;
  bare.env.clear();
  return build_launch(bare, where);
}

std::optional<uid_t> uid_of(const service_spec& service) {
  const auto launch = launch_of_account(service);
  if (!launch) return std::nullopt;
  return launch->user ? launch->user->uid : ::geteuid();
}

}  // namespace aurora::shell

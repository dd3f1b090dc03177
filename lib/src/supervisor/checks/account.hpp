#pragma once

#include <optional>

#include <aurora/spec.hpp>

#include "supervisor/launch_builder.hpp"

namespace aurora::shell {

/// Its launch by user and group alone: no env file is read, and none can be at fault.
built_launch launch_of_account(const service_spec& service, const launch_context& where = {});

/// Whom it runs as; none: there is no such user or group.
std::optional<uid_t> uid_of(const service_spec& service);

}  // namespace aurora::shell

#pragma once

#include <vector>

#include <aurora/answers.hpp>

#include "core/events.hpp"

namespace aurora::shell {

class driver;

/// Why an instance is in the state it is in: the causes since it was last well (or last touched by an
/// operator), those of the dependencies it waits for before them, the rule that was applied and what
/// happens next. `last_lines` are left to the caller, who may read files.
explanation explain(driver& of, core::instance_id id);

}  // namespace aurora::shell

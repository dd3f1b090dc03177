#pragma once

#include <string>

#include "detect.hpp"

namespace aurora::ctl {

/// The text of a first configuration, with comments that explain it. Pure. What was detected only
/// gets into it as JSON strings, in comments too.
std::string starter_text(const detected& found);

}  // namespace aurora::ctl

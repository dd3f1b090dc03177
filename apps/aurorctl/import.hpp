#pragma once

#include <string>
#include <vector>

namespace aurora::ctl {

/// The words that `import` takes for its FORMAT.
std::vector<std::string> import_formats();

}  // namespace aurora::ctl

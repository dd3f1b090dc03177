#pragma once

#include <string>
#include <vector>

#include <aurora/diagnostic.hpp>

namespace aurora::ctl {

struct context;

/// The words that `import` takes for its FORMAT.
std::vector<std::string> import_formats();
/// The same for `export`.
std::vector<std::string> export_formats();

/// What was not carried over, on stderr, a line each and their number; nothing with --json.
void tell_lost(context& c, const diagnostics& lost);

}  // namespace aurora::ctl

#pragma once

#include <string>
#include <vector>

namespace aurora::shell {

/// The known name that was most likely meant; empty where none is near, and where the name is
/// longer than any could be: that costs nothing.
std::string nearest(const std::string& name, const std::vector<std::string>& known);

}  // namespace aurora::shell

#pragma once

#include <string>
#include <vector>

#include "answers.hpp"
#include "table.hpp"

namespace aurora::ctl {

/// The columns of `status` and `top`, a row for each of `chosen`. `all`: whom they wait for.
table status_table(const terminal& out, const status_view& all,
                   const std::vector<const service_view*>& chosen);

/// "shop  aurorad 0.1.0  pid 7  up 5.2s  http://127.0.0.1:9090", the name bold.
std::string daemon_line(const terminal& out, const daemon_view& d);

}  // namespace aurora::ctl

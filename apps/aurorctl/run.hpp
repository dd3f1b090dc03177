#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aurora::ctl {

struct context;

/// As `run`, in a program that is one verb only. Never throws.
int run_instead(const std::vector<std::string>& arguments, std::string_view verb,
                int (*what)(context&));

}  // namespace aurora::ctl

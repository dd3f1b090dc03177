#pragma once

#include <optional>
#include <string>

/// What values of a unit say. Pure and total.
namespace aurora::ctl::convert {

/// "1min 30s", or a number of seconds, as a duration of the configuration. Nothing: it is none.
std::optional<std::string> systemd_span(const std::string& text);

/// "512M", or a number of bytes, as a size of the configuration. Nothing: it is none.
std::optional<std::string> systemd_size(const std::string& text);

}  // namespace aurora::ctl::convert

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aurora::config {

struct host_port {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
};

/// "127.0.0.1:9090", "[::1]:9090", "localhost:9090". Nothing: it is none of these.
std::optional<host_port> split_address(std::string_view text);

/// Whether only this machine can reach it: localhost, 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);

struct complaint {
  std::string message, hint;  ///< empty: nothing is wrong
};

/// Of the URL of a probe, as `templated` text: http or https, a host, a port in range, no blanks.
complaint check_url(std::string_view templated_text);
/// Of "host:port" of a probe, as `templated` text.
complaint check_address(std::string_view templated_text);

}  // namespace aurora::config

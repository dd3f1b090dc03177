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

/// Of the address of the TCP listener: "off", or an IP address or "localhost" with a port. Whether
/// TLS is there decides who may be able to reach it.
enum class transport { plain, tls };
complaint check_listen(std::string_view text, transport how);
/// Of one of `http.hosts`: a host as it stands in a URL, with or without a port.
complaint check_host_name(std::string_view text);

/// Of the URL of a probe, as `templated` text: http or https, a host, a port in range, no blanks.
complaint check_url(std::string_view templated_text);
/// Of "host:port" of a probe, as `templated` text.
complaint check_address(std::string_view templated_text);

}  // namespace aurora::config

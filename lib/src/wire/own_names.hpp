#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Under which names a TCP listener answers. A name that is not ours means that somebody else's
/// name was made to point here (DNS rebinding), and an origin that is not ours that somebody else's
/// page asks: neither may learn anything. Names are compared as text, never resolved or normalised:
/// "127.1", a trailing dot or a mapped address is another name.
namespace aurora::wire {

struct own_names {
  std::vector<std::string> hosts;    ///< of this machine, lower case: "127.0.0.1", "[::1]"
  std::uint16_t port = 0;            ///< that is listened on
  bool tls = false;                  ///< whether it speaks TLS itself
  std::vector<std::string> further;  ///< `http.hosts`: "ops.example", "ops.example:8443"
};

/// The names of every listener on the loopback.
std::vector<std::string> loopback_hosts();

/// Whether the value of a Host field is one of ours, with the port that belongs to it. A further
/// name without a port may come with ours or, from a proxy on the scheme's own port, with none.
bool is_own_host(const own_names& names, std::string_view host);

/// Whether the value of an Origin field is a page of ours. "null" is nobody's.
bool is_own_origin(const own_names& names, std::string_view origin);

/// Whether a browser says that the request comes from a page of ours, or from its user:
/// "same-origin", "none". "same-site" is another port of this machine.
bool is_own_site(std::string_view sec_fetch_site);

}  // namespace aurora::wire

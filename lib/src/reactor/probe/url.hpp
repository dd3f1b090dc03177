#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace aurora::reactor {

/// A host and a port as they were written.
struct host_port {
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
  /// "db:5432", "[::1]:80".
  std::string text() const;
};

/// The parts of an http or https URL.
struct http_url {
  bool tls = false;
  host_port at;
  std::string target;       ///< path and query as they go on the wire: "/", "/health?full=1"
  std::string host_header;  ///< brackets kept, port only where it is not the scheme's own
};

/// What is wrong with an address, as a phrase: "the port of 'db:x' is not a number from 1 to
/// 65535".
struct address_fault {
  std::string text;
};

/// Strict on purpose: a probe that silently asks something else than what was written is worse than
/// one that fails. No user information (it belongs in a header), no fragment, no blanks or bytes
/// beyond ASCII (they are to be percent-encoded); a name of letters, digits, '-', '.' and '_', or
/// an address, in brackets where it is IPv6. Pure and total.
boost::system::result<http_url, address_fault> parse_url(std::string_view url);

/// "host:port" or "[v6]:port". Pure and total.
boost::system::result<host_port, address_fault> parse_address(std::string_view address);

}  // namespace aurora::reactor

#include "reactor/probe/url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>
#include <boost/asio/ip/address_v6.hpp>

namespace aurora::reactor {

namespace {

address_fault fault(std::string text) {
  address_fault made;
  made.text = std::move(text);
  return made;
}

bool visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
         });
}

bool is_v6(const std::string& host) {
  boost::system::error_code ec;
  boost::asio::ip::make_address_v6(host, ec);
  return !ec;
}

/// 0: not a port.
std::uint16_t parse_port(std::string_view digits) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = ec == std::errc() && end == digits.data() + digits.size();
  return whole && digits.size() <= 5 && value <= 65535 ? static_cast<std::uint16_t>(value)
                                                       : std::uint16_t{0};
}

/// `default_port` 0: there must be one.
boost::system::result<host_port, address_fault> parse_authority(std::string_view text,
                                                                std::uint16_t default_port) {
  std::string_view host, port;
  if (!text.empty() && text[0] == '[') {
    const auto close = text.find(']');
    if (close == text.npos) return fault(fmt::format("'{}' has no closing bracket", text));
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!is_v6(std::string(host))) return fault(fmt::format("'{}' is not an IPv6 address", host));
  } else {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == text.npos ? "" : text.substr(colon);
    if (port.find(':', 1) != port.npos)
      return fault(fmt::format("'{}' is not host:port (an IPv6 address needs brackets)", text));
    if (!is_name(host)) return fault(fmt::format("'{}' is not a host name", host));
  }
  host_port found;
  found.host = host;
  found.port = default_port;
  if (!port.empty() || default_port == 0) {
    found.port = port.size() > 1 && port[0] == ':' ? parse_port(port.substr(1)) : std::uint16_t{0};
    if (found.port == 0)
      return fault(fmt::format("the port of '{}' is not a number from 1 to 65535", text));
  }
  return found;
}

bool take_scheme(std::string_view& url, std::string_view scheme) {
  const auto same = [](unsigned char a, char b) { return std::tolower(a) == b; };
  if (url.size() < scheme.size() ||
      !std::equal(scheme.begin(), scheme.end(), url.begin(),
                  [&](char want, char got) { return same(static_cast<unsigned char>(got), want); }))
    return false;
  url.remove_prefix(scheme.size());
  return true;
}

}  // namespace

std::string host_port::text() const {
  return host.find(':') == host.npos ? fmt::format("{}:{}", host, port)
                                     : fmt::format("[{}]:{}", host, port);
}

boost::system::result<http_url, address_fault> parse_url(std::string_view url) {
  const auto whole = url;
  http_url found;
  found.tls = take_scheme(url, "https://");
  if (!found.tls && !take_scheme(url, "http://"))
    return fault(fmt::format("'{}' does not begin with http:// or https://", whole));
  if (!visible_ascii(url))
    return fault(fmt::format("'{}' has bytes that must be percent-encoded", whole));
  if (url.find('#') != url.npos)
    return fault(fmt::format("'{}' has a fragment, which is never sent", whole));
  const auto path = url.find_first_of("/?");
  const auto authority = url.substr(0, path);
  if (authority.find('@') != authority.npos)
    return fault("the URL carries a user name; use an Authorization header");
  const std::uint16_t own_port = found.tls ? 443 : 80;
  auto at = parse_authority(authority, own_port);
  if (!at) return at.error();
  found.at = std::move(*at);
  found.target = path == url.npos ? "/" : std::string(url.substr(path));
  if (found.target[0] == '?') found.target.insert(0, 1, '/');
  found.host_header = found.at.text();
  if (found.at.port == own_port) found.host_header.resize(found.host_header.rfind(':'));
  return found;
}

boost::system::result<host_port, address_fault> parse_address(std::string_view address) {
  return parse_authority(address, 0);
}

}  // namespace aurora::reactor

#include "config/addresses.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/values.hpp"
#include "config/words.hpp"

namespace aurora::config {
namespace {

/// Stands in for what only an instance knows, so that the rest can be checked.
std::string with_samples(std::string_view templated_text) {
  std::string out;
  for (std::size_t i = 0; i < templated_text.size(); ++i) {
    if (templated_text[i] != '$' || i + 1 == templated_text.size()) {
      out += templated_text[i];
    } else if (templated_text[i + 1] == '$') {
      out += templated_text[i++];
    } else {
      out += '1';
      i = std::min(templated_text.find('}', i), templated_text.size() - 1);
    }
  }
  return out;
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) != 0x7F;
  });
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
  const bool all =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits.empty() || digits.size() > 5 || !all) return std::nullopt;
  const auto value = parse_number(digits).value_or(0);
  if (value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

bool is_host(std::string_view host) {
  return !host.empty() && is_visible(host) &&
         host.find_first_of("/?#@\\\"<>[]") == std::string_view::npos;
}

bool is_octet(std::string_view digits) {
  const bool all =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return all && !digits.empty() && digits.size() <= 3 && parse_number(digits).value_or(256) <= 255;
}

/// An IP address in its usual form; of IPv6 only the alphabet is looked at, the rest is the
/// system's to say.
bool is_numeric(std::string_view host) {
  if (host.find(':') != std::string_view::npos) {
    return host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  for (int part = 0; part < 4; ++part) {
    const auto dot = std::min(host.find('.'), host.size());
    if (!is_octet(host.substr(0, dot)) || (part < 3) == (dot == host.size())) return false;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return true;
}

}  // namespace

std::optional<host_port> split_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = port_of(text.substr(colon + 1));
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool many_colons = host.find(':') != std::string_view::npos;
  if (!port || !is_host(host) || bracketed != many_colons) return std::nullopt;
  return host_port{std::string(host), *port};
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  const bool numeric = std::all_of(host.begin(), host.end(),
                                   [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return numeric && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3;
}

complaint check_listen(std::string_view text, transport how) {
  if (text == "off") return {};
  const auto address = split_address(text);
  if (!address) {
    return {fmt::format("{} is not an address", quote(text)),
            "host:port, try \"127.0.0.1:9090\", or \"off\""};
  }
  if (is_loopback(address->host)) return {};
  if (how == transport::plain) {
    return {
        fmt::format("{} can be reached from other machines, which takes TLS", quote(text)),
        fmt::format("give http.tls a certificate and its key, or listen on \"127.0.0.1:{}\" and "
                    "put a TLS proxy before it",
                    address->port)};
  }
  if (is_numeric(address->host)) return {};
  return {fmt::format("{} does not begin with an IP address", quote(text)),
          fmt::format("try \"0.0.0.0:{}\", and put the name into http.hosts", address->port)};
}

complaint check_host_name(std::string_view text) {
  const bool has_port = text.find(':', text.rfind(']') + 1) != std::string_view::npos;
  const auto address = split_address(has_port ? std::string(text) : fmt::format("{}:1", text));
  const bool plain = text.find_first_of(",;'()!$&*+=~%") == std::string_view::npos;
  if (address && address->port != 0 && plain) return {};
  return {fmt::format("{} is not the name of a host", quote(text)),
          "as it stands in a URL, try \"ops.example\" or \"ops.example:8443\""};
}

complaint check_url(std::string_view templated_text) {
  const auto url = with_samples(templated_text);
  const auto wrong = [&](std::string_view why) {
    return complaint{fmt::format("{} is not a URL: {}", quote(templated_text), why),
                     "try \"http://127.0.0.1:${PORT}/health\""};
  };
  std::string_view rest = url;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else {
    return {fmt::format("{} is not a URL: it must begin with http:// or https://",
                        quote(templated_text)),
            url.find("://") == std::string::npos
                ? fmt::format("try \"http://{}\"", shorten(templated_text))
                : "other schemes are probed with \"tcp\" or \"exec\""};
  }
  if (!is_visible(rest)) return wrong("it holds a blank or control character");
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty()) return wrong("the host is missing");
  if (authority.find('@') != std::string_view::npos) {
    return {fmt::format("{} holds a user name", quote(templated_text)),
            "put it into headers: {\"Authorization\": \"Basic …\"}"};
  }
  const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string_view::npos;
  const auto address =
      split_address(has_port ? std::string(authority) : fmt::format("{}:80", authority));
  if (!address || address->port == 0) return wrong("the host or port is not valid");
  return {};
}

complaint check_address(std::string_view templated_text) {
  const auto address = split_address(with_samples(templated_text));
  if (address && address->port != 0) return {};
  return {fmt::format("{} is not an address", quote(templated_text)),
          "host:port, try \"127.0.0.1:${PORT}\""};
}

}  // namespace aurora::config

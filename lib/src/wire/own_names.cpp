#include "wire/own_names.hpp"

#include <algorithm>

namespace aurora::wire {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), b.end(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

/// "a.example:80" in its halves; the port is empty where there is none. The colons of an address in
/// brackets are no separator.
struct authority {
  std::string_view host, port;
  bool has_port = false;
};
authority split(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  if (colon == text.npos || (bracket != text.npos && colon < bracket)) return {text, {}, false};
  return {text.substr(0, colon), text.substr(colon + 1), true};
}

bool is_default(std::uint16_t port, bool tls) { return port == (tls ? https_port : http_port); }

/// `tls`: of the scheme that was used, which decides what no port means.
bool is_one_of_ours(const own_names& names, std::string_view text, bool tls) {
  const auto asked = split(text);
  const bool ours =
      asked.has_port ? asked.port == std::to_string(names.port) : is_default(names.port, tls);
  const auto is = [&](const std::string& host) { return same(asked.host, host); };
  if (ours && tls == names.tls && std::any_of(names.hosts.begin(), names.hosts.end(), is)) {
    return true;
  }
  return std::any_of(names.further.begin(), names.further.end(), [&](const std::string& each) {
    if (split(each).has_port) return same(text, each);
    return same(asked.host, each) && (!asked.has_port || ours);
  });
}

}  // namespace

std::vector<std::string> loopback_hosts() { return {"127.0.0.1", "localhost", "[::1]"}; }

bool is_own_host(const own_names& names, std::string_view host) {
  return !host.empty() && is_one_of_ours(names, host, names.tls);
}

bool is_own_origin(const own_names& names, std::string_view origin) {
  constexpr std::string_view plain = "http://", secure = "https://";
  if (origin.starts_with(secure)) {
    return is_one_of_ours(names, origin.substr(secure.size()), true);
  }
  if (names.tls || !origin.starts_with(plain)) return false;
  return is_one_of_ours(names, origin.substr(plain.size()), false);
}

bool is_own_site(std::string_view site) { return site == "same-origin" || site == "none"; }

}  // namespace aurora::wire

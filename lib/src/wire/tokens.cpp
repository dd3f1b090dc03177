#include "wire/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace aurora::wire {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view session_version = "v1";
constexpr std::size_t nonce_bytes = 16;
constexpr std::size_t shown_of_nonce = 6;
constexpr std::size_t longest_token = 256;

bool is_base64url(std::string_view text) { return text.find_first_not_of(alphabet) == text.npos; }

std::optional<role> role_named(std::string_view name) {
  if (name == to_string(role::read)) return role::read;
  if (name == to_string(role::operate)) return role::operate;
  return std::nullopt;
}

/// Takes the text up to the next dot.
std::string_view take_part(std::string_view& from) {
  const auto dot = std::min(from.find('.'), from.size());
  const auto part = from.substr(0, dot);
  from.remove_prefix(std::min(dot + 1, from.size()));
  return part;
}

std::string signature(crypto& with, std::string_view key, std::string_view claims) {
  return base64url(with.hmac_sha256(key, claims));
}

}  // namespace

bool same(const digest& a, const digest& b) noexcept {
  volatile std::uint8_t differs = 0;  // or the compiler might see that it can end early
  for (std::size_t i = 0; i < a.size(); ++i) {
    differs = static_cast<std::uint8_t>(differs | (a[i] ^ b[i]));
  }
  return differs == 0;
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8U) | byte;
    for (count += 8; count >= 6; count -= 6) out += alphabet[(bits >> (count - 6)) & 63U];
  }
  if (count > 0) out += alphabet[(bits << (6 - count)) & 63U];
  return out;
}

std::string random_text(crypto& with, std::size_t bytes) {
  std::vector<std::uint8_t> made(bytes);
  with.random(made);
  return base64url(made);
}

bool is_token(std::string_view text) { return text.size() == token_length && is_base64url(text); }

std::optional<std::string_view> bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size() || authorization.size() > longest_token) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = authorization[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (lower != scheme[i]) return std::nullopt;
  }
  authorization.remove_prefix(scheme.size());
  return authorization;
}

session_token make_session(crypto& with, std::string_view key, role may, wall_time until) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(until);
  std::string claims(session_version);
  claims += '.';
  claims += to_string(may);
  claims += '.' + std::to_string(seconds.time_since_epoch().count());
  claims += '.' + random_text(with, nonce_bytes);
  std::string mark = signature(with, key, claims);
  return {claims + '.' + mark, seconds};
}

std::optional<identity> read_session(crypto& with, std::string_view key, std::string_view text,
                                     wall_time now) {
  if (text.size() > longest_token) return std::nullopt;
  const auto last = text.rfind('.');
  if (last == text.npos) return std::nullopt;
  std::string_view claims = text.substr(0, last);
  const auto expected = with.sha256(signature(with, key, claims));
  // Nothing of it is looked at before it is known to be ours.
  if (!same(expected, with.sha256(text.substr(last + 1)))) return std::nullopt;
  if (take_part(claims) != session_version) return std::nullopt;
  const auto may = role_named(take_part(claims));
  const auto expiry = take_part(claims);
  std::int64_t seconds = 0;
  const auto [end, ec] = std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds);
  if (!may || ec != std::errc() || end != expiry.data() + expiry.size()) return std::nullopt;
  const wall_time until{std::chrono::seconds(seconds)};
  if (until <= now) return std::nullopt;
  return identity{*may, until,
                  "session " + std::string(take_part(claims).substr(0, shown_of_nonce))};
}

}  // namespace aurora::wire

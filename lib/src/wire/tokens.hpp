#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aurora/time.hpp>

#include "wire/routes.hpp"

/// The secrets of the TCP listener as text, and who shows one.
namespace aurora::wire {

using digest = std::array<std::uint8_t, 32>;

/// What this room does not do itself.
struct crypto {
  virtual ~crypto() = default;
  virtual digest sha256(std::string_view text) = 0;
  virtual digest hmac_sha256(std::string_view key, std::string_view text) = 0;
  /// Bytes that nobody can foretell.
  virtual void random(std::span<std::uint8_t> into) = 0;
};

/// In a time that does not depend on where they differ.
bool same(const digest& a, const digest& b) noexcept;

/// RFC 4648 §5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes);
/// `bytes` unforeseeable bytes as text.
std::string random_text(crypto& with, std::size_t bytes);

/// The token of `STATE/token`: 256 bits.
constexpr std::size_t token_bytes = 32;
constexpr std::size_t token_length = 43;
bool is_token(std::string_view text);

/// The credentials of "Authorization: Bearer …"; nothing: it is of another scheme or malformed.
std::optional<std::string_view> bearer(std::string_view authorization);

/// Who shows a token that is valid.
struct identity {
  role may = role::read;
  std::optional<wall_time> until;  ///< of a session
  std::string shown;               ///< for the audit: "the token", "session 3xY1aQ"
};

/// A session as it is told to its holder and asked for again. Nothing of it is kept: whoever knows
/// the key can tell that it made it.
struct session_token {
  std::string text;
  wall_time until{};
};

/// "v1.ROLE.EXPIRY.NONCE.SIGNATURE", EXPIRY in seconds since 1970.
session_token make_session(crypto& with, std::string_view key, role may, wall_time until);
/// Nothing: it was not made with that key, or it is over.
std::optional<identity> read_session(crypto& with, std::string_view key, std::string_view text,
                                     wall_time now);

}  // namespace aurora::wire

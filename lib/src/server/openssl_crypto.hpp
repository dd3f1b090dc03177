#pragma once

#include "wire/tokens.hpp"

namespace aurora::server {

/// OpenSSL's. It is loaded when first asked: a daemon whose TCP listener nobody uses does not hold
/// its pages. Throws std::runtime_error where it fails, which takes a broken OpenSSL.
class openssl_crypto final : public wire::crypto {
 public:
  wire::digest sha256(std::string_view text) override;
  wire::digest hmac_sha256(std::string_view key, std::string_view text) override;
  /// From the kernel.
  void random(std::span<std::uint8_t> into) override;
};

}  // namespace aurora::server

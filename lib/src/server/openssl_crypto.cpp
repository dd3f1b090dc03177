#include "server/openssl_crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <cerrno>
#include <stdexcept>

namespace aurora::server {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

}  // namespace

wire::digest openssl_crypto::sha256(std::string_view text) {
  wire::digest out{};
  unsigned size = 0;
  const int done = EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr);
  require(done == 1 && size == out.size(), "OpenSSL: SHA-256 failed");
  return out;
}

wire::digest openssl_crypto::hmac_sha256(std::string_view key, std::string_view text) {
  wire::digest out{};
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text),
                          text.size(), out.data(), &size);
  require(done != nullptr && size == out.size(), "OpenSSL: HMAC failed");
  return out;
}

void openssl_crypto::random(std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const auto got = ::getrandom(into.data(), into.size(), 0);
    require(got > 0 || errno == EINTR, "getrandom failed");
    if (got > 0) into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace aurora::server

#pragma once

#include "wire/tokens.hpp"

namespace aurora::wire {

/// Good enough to tell texts apart, and for nothing else.
class fake_crypto : public crypto {
 public:
  digest sha256(std::string_view text) override { return mix("", text); }
  digest hmac_sha256(std::string_view key, std::string_view text) override {
    return mix(key, text);
  }
  void random(std::span<std::uint8_t> into) override {
    for (auto& byte : into) byte = static_cast<std::uint8_t>((++drawn_ * 2654435761U) >> 8U);
  }

 private:
  static digest mix(std::string_view key, std::string_view text) {
    digest out{};
    std::uint64_t state = 0xCBF29CE484222325U;
    const auto take = [&](std::string_view bytes) {
      for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
      state ^= bytes.size();
    };
    take(key);
    take(text);
    for (auto& byte : out) {
      state = (state ^ 0x9E37U) * 0x100000001B3U;
      byte = static_cast<std::uint8_t>(state >> 32U);
    }
    return out;
  }
  std::uint64_t drawn_ = 0;
};

}  // namespace aurora::wire

#pragma once

#include <cstdint>
#include <string_view>

#include "core/chance.hpp"

namespace aurora::property {

/// Dice for tests: the same seed rolls the same numbers everywhere.
class dice {
 public:
  explicit dice(std::uint64_t seed) : source_(seed) {}

  /// 0 to n-1.
  unsigned below(unsigned n) { return static_cast<unsigned>(source_.next() % n); }
  bool one_in(unsigned n) { return below(n) == 0; }
  std::uint64_t any() { return source_.next(); }

 private:
  core::chance source_;
};

/// FNV-1a, for traces and for dice that belong to a name and a run.
class hasher {
 public:
  hasher& add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0xff);
    return *this;
  }
  hasher& add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) mix(static_cast<unsigned char>(value >> (8 * i)));
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void mix(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace aurora::property

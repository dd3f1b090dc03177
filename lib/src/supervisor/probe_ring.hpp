#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aurora/inspection.hpp>

namespace aurora::shell {

/// The last answers of one probe. Texts are kept once each: most answers are the same, and there
/// may be thousands of services.
class probe_ring {
 public:
  static constexpr std::size_t most = 120;

  void push(const probe_answer& answer);
  std::vector<probe_answer> answers() const;  ///< oldest first

 private:
  struct entry {
    std::int64_t at_ms;
    float took_seconds;
    std::uint16_t text;  ///< its place in `texts_`
    bool healthy;
  };
  std::uint16_t place_of(const std::string& text);
  void forget_unused();

  std::vector<entry> entries_;  ///< `oldest_` is the first once it is full
  std::size_t oldest_ = 0;
  std::vector<std::string> texts_;
};

}  // namespace aurora::shell

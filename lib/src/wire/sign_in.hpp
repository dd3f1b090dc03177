#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <aurora/time.hpp>

#include "wire/tokens.hpp"

namespace aurora::wire {

/// How many wrong tokens and codes are looked at: so many within a minute, whoever shows them. A
/// guess at 256 bits is hopeless anyway; this keeps it cheap and shows it in the log.
class failure_limiter {
 public:
  static constexpr duration window = std::chrono::minutes(1);

  explicit failure_limiter(std::size_t most) : most_(most) {}

  void failed(instant now);
  bool limited(instant now);
  /// Until the next one is looked at; zero where it would be now.
  duration wait(instant now);

 private:
  void forget(instant now);
  std::size_t most_;
  std::deque<instant> failures_;
};

/// Signing in on TCP: the token of the state directory, codes that are traded for a session, and
/// sessions. No clock, no file, no cryptography of its own.
class sign_in {
 public:
  static constexpr duration code_life = std::chrono::seconds(60);
  static constexpr duration session_life = std::chrono::hours(12);
  static constexpr std::size_t most_codes = 16;

  /// Without a token nobody is let in. `with` outlives it.
  sign_in(crypto& with, std::string token, std::size_t most_failures = 20);

  /// Whose token that is; counts it where it is nobody's. Asked while `limits().limited`, the
  /// answer would help a guesser: do not.
  std::optional<identity> who(std::string_view token, instant now, wall_time wall);

  /// For one trade within `code_life`. The oldest gives way where there are `most_codes`.
  std::string make_code(role may, instant now);
  /// A session for a code, once; nothing (and counted): there is no such code, or not any more.
  struct traded {
    session_token session;
    identity who;
  };
  std::optional<traded> trade(std::string_view code, instant now, wall_time wall);

  failure_limiter& limits() { return limits_; }

 private:
  struct code {
    digest of{};
    role may = role::read;
    instant until{};
  };
  void forget_codes(instant now);
  void prepare();

  crypto& with_;
  std::string text_;  ///< of the token; empty: nobody is let in
  /// Made when somebody first shows something: most daemons never load what makes them.
  bool prepared_ = false;
  digest token_{};
  std::string session_key_;
  std::deque<code> codes_;
  failure_limiter limits_;
};

}  // namespace aurora::wire

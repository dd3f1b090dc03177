#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aurora/time.hpp>

namespace aurora::wire {

/// Writes JSON to the end of a string as it goes: no tree, no copy, keys in the order they are
/// given. What it writes is valid JSON and valid UTF-8 whatever it is handed: malformed bytes
/// become U+FFFD, control characters (C0, DEL, C1) and U+2028/2029 are escaped, so that an answer
/// may be printed on a terminal or pasted into a script without harm. Numbers are plain decimals,
/// never with an exponent. The caller sees to it that objects and arrays are closed.
class json_writer {
 public:
  explicit json_writer(std::string& out) : out_(out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  /// `name` is written as it is: a literal of ours that needs no escaping.
  json_writer& key(std::string_view name);
  /// For a name that somebody else chose: escaped like a value.
  json_writer& any_key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(std::same_as<bool> auto b) { return raw(b ? "true" : "false"); }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) json_writer& value(Number n) {
    if constexpr (std::signed_integral<Number>) {
      return integer(static_cast<std::int64_t>(n));
    } else {
      return integer(static_cast<std::uint64_t>(n));
    }
  }
  /// At most `decimals` of them, at least one; not finite: null.
  json_writer& decimal(double number, int decimals);
  /// Seconds with millisecond resolution: 4.9, 5.0, 0.25. Rounded to the nearest.
  json_writer& seconds(duration span);
  /// RFC 3339 in UTC with milliseconds: "2026-11-23T12:00:00.000Z".
  json_writer& value(wall_time at);
  json_writer& null() { return raw("null"); }

  template <class T>
  json_writer& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  json_writer& seconds(const std::optional<duration>& maybe) {
    return maybe ? seconds(*maybe) : null();
  }

  template <class T>
  json_writer& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  template <class Range>
  json_writer& strings(std::string_view name, const Range& texts) {
    key(name).begin_array();
    for (const auto& text : texts) value(std::string_view(text));
    return end_array();
  }

 private:
  json_writer& open(char bracket);
  json_writer& close(char bracket);
  json_writer& raw(std::string_view text);
  json_writer& integer(std::int64_t n);
  json_writer& integer(std::uint64_t n);
  void separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;  ///< the next element of this level needs one before it
};

/// The text with every malformed UTF-8 sequence replaced by U+FFFD (one for each maximal part, as
/// Unicode 3.9 and browsers do).
std::string valid_utf8(std::string_view text);

/// Length of the well-formed UTF-8 sequence at the start of `text`; 0 where it is malformed.
std::size_t utf8_length(std::string_view text);

}  // namespace aurora::wire

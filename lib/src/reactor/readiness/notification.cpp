#include <charconv>
#include <limits>

#include "reactor/readiness/notify_socket.hpp"
#include "reactor/readiness/plain_text.hpp"

namespace aurora::reactor {

namespace {

/// The longest span taken from a service: what is beyond (USEC_INFINITY) means "very long", and
/// must still be addable to a time.
constexpr duration longest = std::chrono::hours(24 * 365);

template <class Number>
std::optional<Number> parse_number(std::string_view digits) {
  Number value{};
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (ec != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<duration> parse_microseconds(std::string_view digits) {
  const auto value = parse_number<std::uint64_t>(digits);
  if (!value) return std::nullopt;
  constexpr auto most = std::chrono::duration_cast<std::chrono::microseconds>(longest).count();
  if (*value > static_cast<std::uint64_t>(most)) return longest;
  return std::chrono::microseconds(static_cast<std::int64_t>(*value));
}

void take(notification& into, std::string_view key, std::string_view value) {
  if (key == "READY") into.ready |= value == "1";
  if (key == "STOPPING") into.stopping |= value == "1";
  if (key == "RELOADING") into.reloading |= value == "1";
  if (key == "WATCHDOG") {
    into.watchdog |= value == "1";
    into.watchdog_trigger |= value == "trigger";
  }
  if (key == "STATUS") into.status = one_line(value, std::numeric_limits<std::size_t>::max());
  if (key == "EXTEND_TIMEOUT_USEC")
    if (const auto span = parse_microseconds(value)) into.extend_timeout = span;
  if (key == "WATCHDOG_USEC")
    if (const auto span = parse_microseconds(value)) into.watchdog_within = span;
  if (key == "MAINPID")
    if (const auto pid = parse_number<pid_t>(value); pid && *pid > 0) into.main_pid = pid;
}

}  // namespace

notification parse_notification(std::string_view datagram) {
  notification said;
  while (!datagram.empty()) {
    const auto line = datagram.substr(0, datagram.find('\n'));
    datagram.remove_prefix(std::min(datagram.size(), line.size() + 1));
    const auto equals = line.find('=');
    if (equals != line.npos) take(said, line.substr(0, equals), line.substr(equals + 1));
  }
  return said;
}

}  // namespace aurora::reactor

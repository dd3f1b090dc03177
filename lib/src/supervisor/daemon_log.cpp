#include "supervisor/daemon_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "reactor/readiness/plain_text.hpp"
#include "supervisor/clock.hpp"

namespace aurora::shell {
namespace {

constexpr std::size_t backlog = 64 << 10;

std::string_view word(log_level level) {
  switch (level) {
    case log_level::error:
      return "error";
    case log_level::warning:
      return "warning";
    case log_level::info:
      return "info";
    case log_level::debug:
      return "debug";
  }
  return "info";
}

}  // namespace

void daemon_log::write(log_level level, std::string_view text) {
  if (!wants(level)) return;
  if (pending_.size() + text.size() > backlog) flush();
  if (pending_.size() + text.size() > backlog) {
    ++dropped_;
    return;
  }
  const auto now = wall_now();
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  fmt::format_to(std::back_inserter(pending_), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z {:7} ",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                 (now - seconds).count(), word(level));
  // Names and probe answers come from outside: no control byte of theirs reaches a terminal.
  pending_ += reactor::one_line(text, backlog);
  pending_ += '\n';
}

void daemon_log::flush() {
  while (!pending_.empty()) {
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT)) return;
    // A writable pipe takes PIPE_BUF bytes without blocking, and promises no more.
    const ssize_t n =
        ::write(fd_, pending_.data(), std::min<std::size_t>(pending_.size(), PIPE_BUF));
    if (n <= 0) return;
    pending_.erase(0, static_cast<std::size_t>(n));
  }
  if (dropped_ == 0) return;
  const auto lost = std::exchange(dropped_, 0);
  write(log_level::warning, fmt::format("{} lines of this log were dropped: nobody read it", lost));
}

}  // namespace aurora::shell

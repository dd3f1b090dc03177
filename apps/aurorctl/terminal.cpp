#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include <poll.h>

namespace aurora::ctl {
namespace {

constexpr std::size_t flush_at = 64 * 1024;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = variable(name);
    if (value.empty()) continue;
    std::string lower(value);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

bool wants_colour(when choice, bool is_terminal) {
  if (choice != when::automatic) return choice == when::always;
  const auto term = variable("TERM");
  return is_terminal && variable("NO_COLOR").empty() && !term.empty() && term != "dumb";
}

std::size_t size_from(const char* name) {
  const auto text = variable(name);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= 10000 ? value : 0;
}

std::string_view escape(colour c) {
  switch (c) {
    case colour::none:
      return "";
    case colour::red:
      return "\x1b[31m";
    case colour::green:
      return "\x1b[32m";
    case colour::yellow:
      return "\x1b[33m";
    case colour::blue:
      return "\x1b[34m";
    case colour::magenta:
      return "\x1b[35m";
    case colour::cyan:
      return "\x1b[36m";
    case colour::dim:
      return "\x1b[2m";
    case colour::bold:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

terminal::terminal(int fd, when choice)
    : fd_(fd),
      is_terminal_(::isatty(fd) == 1),
      coloured_(wants_colour(choice, is_terminal_)),
      unicode_(locale_is_utf8()) {}

terminal::~terminal() { flush(); }

std::size_t terminal::width() const {
  if (const auto given = size_from("COLUMNS")) return given;
  winsize size{};
  if (::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::size_t terminal::height() const {
  if (const auto given = size_from("LINES")) return given;
  winsize size{};
  if (::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) return size.ws_row;
  return 24;
}

void terminal::write(std::string_view text) {
  if (closed_ || fault_ != 0) return;
  if (text.size() >= flush_at) {  // a copy of what is large costs more than a call
    flush();
    return send(text);
  }
  buffer_ += text;
  if (buffer_.size() >= flush_at) flush();
}

void terminal::line(std::string_view text) {
  write(text);
  write("\n");
}

void terminal::flush() {
  send(buffer_);
  buffer_.clear();
}

void terminal::send(std::string_view rest) {
  while (!rest.empty() && !closed_ && fault_ == 0) {
    const auto n = ::write(fd_, rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // someone who shares our terminal made it non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      fault_ = errno;
    }
  }
}

std::string terminal::paint(colour c, std::string_view text) const {
  if (!coloured_ || c == colour::none || text.empty()) return std::string(text);
  return std::string(escape(c)) + std::string(text) + "\x1b[0m";
}

state_mark mark_of(std::string_view state) {
  struct row {
    std::string_view state;
    state_mark mark;
  };
  static constexpr std::array<row, 8> rows{{{"running", {"●", "*", colour::green}},
                                            {"stopped", {"○", "-", colour::dim}},
                                            {"waiting", {"◌", ".", colour::yellow}},
                                            {"starting", {"◐", "+", colour::yellow}},
                                            {"stopping", {"◑", "~", colour::yellow}},
                                            {"backoff", {"↻", "@", colour::yellow}},
                                            {"failed", {"✗", "!", colour::red}},
                                            {"completed", {"✓", "=", colour::green}}}};
  for (const auto& candidate : rows) {
    if (candidate.state == state) return candidate.mark;
  }
  return {"?", "?", colour::none};
}

std::string shown_state(const terminal& out, std::string_view state) {
  const auto mark = mark_of(state);
  std::string text(out.unicode() ? mark.glyph : mark.ascii);
  text += ' ';
  text += state;
  return out.paint(mark.tint, text);
}

std::string paint_name(const terminal& out, std::string_view name, std::string_view text) {
  // Neither red nor dim, which mean something; the bright ones so that neighbours differ.
  static constexpr std::array<std::string_view, 10> palette{
      "\x1b[36m", "\x1b[33m", "\x1b[32m", "\x1b[35m", "\x1b[34m",
      "\x1b[96m", "\x1b[93m", "\x1b[92m", "\x1b[95m", "\x1b[94m"};
  if (!out.coloured()) return std::string(text);
  std::uint32_t hash = 2166136261U;  // FNV-1a: stable over runs and machines
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return std::string(palette[hash % palette.size()]) + std::string(text) + "\x1b[0m";
}

}  // namespace aurora::ctl

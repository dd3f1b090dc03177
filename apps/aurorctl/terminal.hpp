#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aurora::ctl {

enum class when { automatic, always, never };

enum class colour { none, red, green, yellow, blue, magenta, cyan, dim, bold };

/// One of the two output streams and what it can show. Writes are buffered until `flush`.
///
/// A reader that went away (EPIPE) is no error: the rest is swallowed, `closed` tells followers to
/// end, and the exit code stays that of the work done. Any other error of a write is kept for
/// `fault`.
class terminal {
 public:
  /// fd: 1 or 2. Colour follows `choice`; automatic means on a terminal, with NO_COLOR unset or
  /// empty (no-color.org) and TERM neither unset nor "dumb".
  terminal(int fd, when choice);
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  bool is_terminal() const { return is_terminal_; }
  bool coloured() const { return coloured_; }
  /// Whether the locale's character set is UTF-8, by LC_ALL, LC_CTYPE, LANG (POSIX order). No
  /// setlocale: it costs more than the whole answer.
  bool unicode() const { return unicode_; }
  /// Columns, asked anew each time: windows change. `$COLUMNS` first, 80 where nothing is known.
  std::size_t width() const;
  std::size_t height() const;

  void write(std::string_view text);
  void line(std::string_view text);
  void flush();

  /// `text` in a colour, or plain where there is none.
  std::string paint(colour c, std::string_view text) const;
  std::string_view ellipsis() const { return unicode_ ? "…" : ".."; }
  std::string_view arrow() const { return unicode_ ? "→" : "->"; }

  bool closed() const { return closed_; }
  /// errno of the first write that failed for another reason than EPIPE; 0: none did.
  int fault() const { return fault_; }

 private:
  void send(std::string_view rest);
  int fd_;
  bool is_terminal_;
  bool coloured_;
  bool unicode_;
  bool closed_ = false;
  int fault_ = 0;
  std::string buffer_;
};

/// The mark and the colour of a state, always shown beside its word.
struct state_mark {
  std::string_view glyph;
  std::string_view ascii;
  colour tint;
};
state_mark mark_of(std::string_view state);

/// "● running", painted. Rule: contract §5, always a word beside a colour.
std::string shown_state(const terminal& out, std::string_view state);

/// The escape sequence of a colour for a name: the same name has the same one everywhere.
std::string paint_name(const terminal& out, std::string_view name, std::string_view text);

}  // namespace aurora::ctl

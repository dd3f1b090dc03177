#include "top_screen.hpp"

// Functions, not macros: `move` and `clear` are words of others too.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string>
#include <string_view>

#include "failure.hpp"
#include "text.hpp"
#include "top_terminfo.hpp"

namespace aurora::ctl {
namespace {

bool colours_work = false;

/// The attribute of one of the sequences that `terminal::paint` makes.
attr_t attribute_of(std::string_view sgr) {
  static constexpr struct {
    std::string_view code;
    short pair;
  } tints[] = {{"31", COLOR_RED},  {"32", COLOR_GREEN},   {"33", COLOR_YELLOW},
               {"34", COLOR_BLUE}, {"35", COLOR_MAGENTA}, {"36", COLOR_CYAN}};
  if (sgr == "1") return A_BOLD;
  if (sgr == "2") return A_DIM;
  for (const auto& tint : tints) {
    if (tint.code == sgr) return colours_work ? COLOR_PAIR(tint.pair) : A_NORMAL;
  }
  return A_NORMAL;
}

/// Text with our own sequences in it: they become attributes, and never go out as they are.
void put(int row, std::string_view text, attr_t always) {
  ::wmove(stdscr, row, 0);
  ::wattrset(stdscr, static_cast<int>(always));
  while (!text.empty()) {
    const auto escape = std::min(text.find('\x1b'), text.size());
    if (escape > 0) ::waddnstr(stdscr, text.data(), static_cast<int>(escape));
    text.remove_prefix(escape);
    const auto end = text.find('m');
    if (text.empty() || end == std::string_view::npos) break;
    ::wattrset(stdscr, static_cast<int>(always | attribute_of(text.substr(2, end - 2))));
    text.remove_prefix(end + 1);
  }
  ::wattrset(stdscr, A_NORMAL);
}

void start_colours(bool wanted) {
  colours_work = wanted && ::has_colors() && ::start_color() == OK;
  if (!colours_work) return;
  const short background = ::use_default_colors() == OK ? -1 : COLOR_BLACK;
  for (short colour = COLOR_RED; colour <= COLOR_CYAN; ++colour) {
    ::init_pair(colour, colour, background);
  }
}

std::optional<top_key> key_of(int code) {
  using kind = top_key::kind;
  switch (code) {
    case KEY_UP:
      return top_key{kind::up};
    case KEY_DOWN:
      return top_key{kind::down};
    case KEY_PPAGE:
      return top_key{kind::page_up};
    case KEY_NPAGE:
      return top_key{kind::page_down};
    case KEY_HOME:
      return top_key{kind::home};
    case KEY_END:
      return top_key{kind::end};
    case KEY_ENTER:
    case '\r':
    case '\n':
      return top_key{kind::enter};
    case 27:
      return top_key{kind::escape};
    case KEY_BACKSPACE:
    case 127:
    case 8:
      return top_key{kind::backspace};
    default:
      if (code < 0x20 || code >= 0x7F) return std::nullopt;
      return top_key{kind::text, static_cast<char>(code)};
  }
}

}  // namespace

top_screen::top_screen(bool coloured) {
  // A locale that is not installed is no reason to show bytes: what UTF-8 is, C.UTF-8 knows too.
  if (std::setlocale(LC_CTYPE, "") == nullptr) std::setlocale(LC_CTYPE, "C.UTF-8");
  const std::string fault = terminfo_fault();
  if (!fault.empty() || ::newterm(nullptr, stdout, stdin) == nullptr) {
    const char* term = std::getenv("TERM");
    throw failure(exit_code::usage,
                  "cannot show a table on this terminal: " + fault + " (TERM=\"" +
                      (term == nullptr ? "" : term) + "\")",
                  "set TERM to what it is, \"xterm\" say, or use `aurorctl status`");
  }
  start_colours(coloured);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  ::set_escdelay(25);
  resize();
}

top_screen::~top_screen() {
  SCREEN* ours = ::set_term(nullptr);
  ::set_term(ours);
  ::endwin();
  ::delscreen(ours);
}

top_size top_screen::size() const {
  return {static_cast<std::size_t>(getmaxy(stdscr)), static_cast<std::size_t>(getmaxx(stdscr))};
}

void top_screen::resize() {
  winsize now{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_row == 0 || now.ws_col == 0) return;
  ::resizeterm(now.ws_row, now.ws_col);
}

void top_screen::show(const top_page& page) {
  ::werase(stdscr);
  for (std::size_t i = 0; i < page.lines.size(); ++i) {
    put(static_cast<int>(i), page.lines[i], i == page.selected ? A_REVERSE : A_NORMAL);
  }
  ::curs_set(page.typing ? 1 : 0);
  if (page.typing) {
    const int last = static_cast<int>(page.lines.size()) - 1;
    ::wmove(stdscr, last, static_cast<int>(display_width(page.lines.back())));
  }
  ::wrefresh(stdscr);
}

std::optional<top_key> top_screen::read(bool& any) {
  const int code = ::wgetch(stdscr);
  any = code != ERR;
  return any ? key_of(code) : std::nullopt;
}

}  // namespace aurora::ctl

#include "top_terminfo.hpp"

// Apart from all else: its macros have names like `lines` and `columns`.
#include <curses.h>
#include <term.h>

#include <unistd.h>

namespace aurora::ctl {

std::string terminfo_fault() {
  int ignored = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &ignored) != OK) return "nothing is known of its type";
  const bool moves = cursor_address != nullptr;
  ::del_curterm(cur_term);
  return moves ? std::string() : std::string("its cursor cannot be moved");
}

}  // namespace aurora::ctl

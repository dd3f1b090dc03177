#pragma once

#include <optional>

#include "top_model.hpp"
#include "top_view.hpp"

namespace aurora::ctl {

/// The terminal, in the hands of ncurses from the constructor to the destructor, which leaves it as
/// it was. One at a time: ncurses keeps its state in globals.
class top_screen {
 public:
  /// coloured: whether colours are wanted; what the terminal cannot show is left out anyway.
  /// Throws `failure` (usage) where TERM is not known.
  explicit top_screen(bool coloured);
  ~top_screen();
  top_screen(const top_screen&) = delete;
  top_screen& operator=(const top_screen&) = delete;

  top_size size() const;
  /// The window has another size.
  void resize();
  /// Sends what differs from what is there.
  void show(const top_page& page);
  /// A key that is there; none: there is none, or it was none that anything is bound to.
  std::optional<top_key> read(bool& any);
};

}  // namespace aurora::ctl

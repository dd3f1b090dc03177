#pragma once

namespace aurora::ctl {

struct context;

/// The verb: sees to a terminal, then `aurorctl-top` takes the place of this process. A program of
/// its own, because ncurses would cost every start of aurorctl a part of its millisecond.
int verb_top(context& c);

/// What aurorctl-top does: the table at work, until `q` or SIGTERM.
int show_top(context& c);

}  // namespace aurora::ctl

#pragma once

#include <string>
#include <string_view>

/// Text that others take apart again. Pure.
namespace aurora::ctl {

/// A word for a POSIX shell: as it is, where no letter of it means anything to one, else in '…'.
std::string shell_quoted(std::string_view word);

/// A word for the command of a crontab line, which goes to a shell: there `%` ends the command
/// unless a backslash is before it, which goes away; and a backslash before that one would save it.
std::string cron_quoted(std::string_view word);

/// An argument of `ExecStart=`: in "…", with what a unit file takes for an escape, a specifier or a
/// variable doubled.
std::string unit_quoted(std::string_view word);
/// The program itself: no variable is looked for in that, so that a `$` stays as it is.
std::string unit_program(std::string_view path);

/// The text with each of these characters twice.
std::string doubled(std::string_view text, char which);

/// Text that the loader of a configuration is to hand on as it is: it takes `${` and `$$` for its
/// own, and leaves another `$` alone.
std::string config_quoted(std::string_view text);

/// Whether it can stand on a line of a file: no newline, nor any other control character.
bool is_one_line(std::string_view text);

}  // namespace aurora::ctl

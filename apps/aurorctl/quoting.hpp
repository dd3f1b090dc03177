#pragma once

#include <string>
#include <string_view>

/// Text that others take apart again. Pure.
namespace aurora::ctl {

/// A word for a POSIX shell: as it is, where no letter of it means anything to one, else in '…'.
std::string shell_quoted(std::string_view word);

}  // namespace aurora::ctl

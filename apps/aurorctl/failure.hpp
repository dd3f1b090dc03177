#pragma once

#include <string>
#include <utility>
#include <vector>

namespace aurora::ctl {

/// What the shell sees (contract §5). The code never depends on the output format.
enum class exit_code {
  done = 0,
  failed = 1,
  usage = 2,
  not_running = 3,  ///< something asked about is not running or not healthy
  no_such_service = 4,
  not_permitted = 5,
  invalid_configuration = 6,
  no_daemon = 7,
  timed_out = 124
};

/// The end of a verb that could not do what it was asked: thrown, and told by `main` on stderr as
///   aurorctl: WHAT
///     DETAIL …
///     hint: HINT
/// `what` is one line with the place and the reason in it; `hint` says what to do, or is empty.
struct failure {
  exit_code code = exit_code::failed;
  std::string what;
  std::string hint;
  std::vector<std::string> details;

  failure(exit_code c, std::string w, std::string h = {}, std::vector<std::string> d = {})
      : code(c), what(std::move(w)), hint(std::move(h)), details(std::move(d)) {}
};

}  // namespace aurora::ctl

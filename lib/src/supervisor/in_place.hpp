#pragma once

#include <optional>
#include <string>
#include <vector>

namespace aurora::shell {

/// How this process came to run the daemon, and what another program is executed with when it is to
/// take its place. Process wide: made once, at the start of the program, by its one thread.
class in_place {
 public:
  enum class role { fresh, keeper, reactor };

  /// Takes what the program before left in the environment out of it. arguments: argv; empty: no
  /// other program can take over.
  explicit in_place(std::vector<std::string> arguments);

  role as = role::fresh;
  int fd = -1;  ///< a keeper: its memory; a reactor: its end of the link
  /// Where this program was executed from, absolute, as it was named: a symlink that points to a
  /// newer one is followed by the next. Empty: it is not known.
  std::string program;
  std::optional<int> programs_oom_score;  ///< that the program before found at its start

  /// What a next program is executed with; null-terminated, the first of the environment is the
  /// keeper's to set. To be called when the OOM score is known.
  char* const* argv();
  const char** environment(std::optional<int> programs_oom_score);

 private:
  std::vector<std::string> arguments_, handed_on_;
  std::vector<char*> argv_;
  std::vector<const char*> environment_;
};

}  // namespace aurora::shell

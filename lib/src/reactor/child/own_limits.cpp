#include "reactor/child/own_limits.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include "reactor/child/launch.hpp"
#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

constexpr auto score_file = "/proc/self/oom_score_adj";

int read_own_score() {
  int score = 0;
  std::ifstream(score_file) >> score;
  return score;
}

struct remembered {
  std::optional<rlimit> nofile;
  std::optional<int> score;  ///< the programs'
  int own_score = 0;
  unique_fd score_of_ours;  ///< of the process `owner`
  pid_t owner = 0;
};

remembered& own() {
  static remembered values;
  return values;
}

bool set_score(int score) {
  if (own().owner != ::getpid()) return false;  // forked since: it would be the parent's
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, score).ptr;
  const auto size = static_cast<std::size_t>(end - text);
  return ::pwrite(own().score_of_ours.get(), text, size, 0) == static_cast<ssize_t>(size);
}

}  // namespace

void raise_own_limits() {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || own().nofile) return;
  rlimit wanted = now;
  wanted.rlim_cur = wanted.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) own().nofile = now;
}

namespace {

void open_own_score() {
  own().score_of_ours.reset(::open(score_file, O_WRONLY | O_CLOEXEC));
  own().owner = ::getpid();
}

}  // namespace

void protect_from_oom() {
  if (own().score && own().owner != ::getpid()) return open_own_score();  // protected before a fork
  // Not -1000: a daemon that leaks should still die before the machine does.
  constexpr int protected_score = -900;
  const int original = read_own_score();
  if (original <= protected_score) return;
  std::ofstream file(score_file);
  // Who may not lower its own score raises that of the others, as systemd's user manager does.
  const bool lowered = (file << protected_score) && file.flush();
  own().score = lowered ? original : std::min(original + 100, 1000);
  own().own_score = lowered ? protected_score : original;
  open_own_score();
}

std::optional<int> programs_oom_score() { return own().score; }

void inherit_programs_oom_score(int score) {
  own().score = score;
  own().own_score = read_own_score();
  open_own_score();
}

oom_score_of_programs::oom_score_of_programs()
    : inherited_(own().score && own().score_of_ours && set_score(*own().score)) {}

oom_score_of_programs::~oom_score_of_programs() {
  if (inherited_) set_score(own().own_score);
}

std::optional<rlimit> original_nofile() { return own().nofile; }

std::optional<int> child_oom_score() {
  if (own().score) return own().score;
  // Read once: it changes only when somebody outside wants it to.
  static const int inherited = read_own_score();
  if (inherited < 0) return 0;
  return std::nullopt;
}

}  // namespace aurora::reactor

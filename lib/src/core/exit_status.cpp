#include <aurora/exit_status.hpp>

#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace aurora {
namespace {

// Linux's numbers on x86 and ARM, signal(7), as a table: the numbers of a recorded exit must read
// the same wherever they are shown. Real-time signals start at 34, for glibc keeps 32 and 33.
constexpr std::array<std::string_view, 32> names = {
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
constexpr int rt_first = 34;
constexpr int rt_last = 64;

// The value of plain decimal digits, at most 64; -1 for all else.
int small_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 2) return -1;
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value <= rt_last ? value : -1;
}

// "RTMIN+2", "RTMAX-1" and the bare ends; 0 for all else.
int real_time_number(std::string_view name) {
  const bool from_first = name.substr(0, 5) == "RTMIN";
  if (!from_first && name.substr(0, 5) != "RTMAX") return 0;
  const std::string_view rest = name.substr(5);
  if (rest.empty()) return from_first ? rt_first : rt_last;
  const int offset = rest[0] == (from_first ? '+' : '-') ? small_number(rest.substr(1)) : -1;
  if (offset < 0 || offset > rt_last - rt_first) return 0;
  return from_first ? rt_first + offset : rt_last - offset;
}

}  // namespace

std::string signal_name(int number) {
  if (number > 0 && number < static_cast<int>(names.size())) return std::string(names[number]);
  if (number == rt_first) return "SIGRTMIN";
  if (number > rt_first && number <= rt_last) return fmt::format("SIGRTMIN+{}", number - rt_first);
  return fmt::format("signal {}", number);
}

int signal_number(const std::string& name) {
  std::string upper;
  for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (const int value = small_number(upper); value > 0) return value;
  std::string_view bare = upper;
  if (bare.substr(0, 3) == "SIG") bare.remove_prefix(3);
  if (bare.empty()) return 0;
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i].substr(3) == bare) return static_cast<int>(i);
  if (bare == "POLL") return 29;
  if (bare == "IOT") return 6;
  return real_time_number(bare);
}

std::string describe(const exit_status& status) {
  switch (status.how) {
    case exit_status::kind::exited:
      return fmt::format("exit code {}", status.code);
    case exit_status::kind::signaled: {
      std::string text = signal_name(status.signal);
      if (status.why == exit_status::cause::oom) text += " (OOM)";
      if (status.core_dumped) text += " (core dumped)";
      return text;
    }
    case exit_status::kind::unknown:
      break;
  }
  return status.why == exit_status::cause::unattended ? "unknown (ended while no daemon ran)"
                                                      : "unknown";
}

}  // namespace aurora

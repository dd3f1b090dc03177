#include "supervisor/sampler.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <string_view>

#include "supervisor/clock.hpp"

namespace aurora::shell {
namespace {

constexpr int deepest_tree = 16;

struct tree_usage {
  std::size_t allowed = 0;  // processes that may still be looked at
  bool whole = true;
  std::uint64_t cpu_ticks = 0;
  std::uint64_t pages = 0;
};

std::string_view slurp(const char* path, char* buffer, std::size_t size) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t n = ::read(fd, buffer, size);
  ::close(fd);
  return n > 0 ? std::string_view(buffer, static_cast<std::size_t>(n)) : std::string_view();
}

std::uint64_t next_number(std::string_view& text) {
  const auto start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return 0;
  text.remove_prefix(start);
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  text.remove_prefix(std::min(text.find(' '), text.size()));
  (void)end;
  return value;
}

// proc(5): the fields after the command's closing parenthesis; 14 and 15 are user and system time,
// 24 is rss.
void add_process(pid_t pid, tree_usage& sum) {
  char path[64], buffer[1024];
  *fmt::format_to(path, "/proc/{}/stat", pid) = '\0';
  std::string_view text = slurp(path, buffer, sizeof buffer);
  const auto paren = text.rfind(')');
  if (paren == std::string_view::npos || paren + 3 > text.size()) return;
  text.remove_prefix(paren + 3);  // now at field 3, the state letter
  text.remove_prefix(std::min(text.find(' '), text.size()));
  for (int field = 4; field <= 24; ++field) {
    const std::uint64_t value = next_number(text);
    if (field == 14 || field == 15) sum.cpu_ticks += value;
    if (field == 24) sum.pages += value;
  }
}

void add_tree(pid_t pid, tree_usage& sum, int depth) {
  if (sum.allowed == 0) {
    sum.whole = false;
    return;
  }
  --sum.allowed;
  add_process(pid, sum);
  if (depth == deepest_tree) return;
  char path[64], buffer[4096];
  *fmt::format_to(path, "/proc/{}/task/{}/children", pid, pid) = '\0';
  std::string_view text = slurp(path, buffer, sizeof buffer);
  while (sum.whole && text.find_first_of("123456789") != std::string_view::npos)
    add_tree(static_cast<pid_t>(next_number(text)), sum, depth + 1);
}

}  // namespace

void sampler::begin_call(instant now) {
  call_ends_ = now + budget;
  std::erase_if(readings_, [&](const auto& each) { return now - each.second.asked > kept; });
}

usage sampler::of(core::instance_id id, pid_t pid, std::uint64_t run, duration uptime,
                  instant now) {
  auto& last = readings_[static_cast<std::uint32_t>(id)];
  if (last.run != run) {
    last = reading{};
    last.run = run;
  }
  last.asked = now;
  const bool due = last.at == instant{} || now - last.at > fresh;
  if (due && monotonic_now() <= call_ends_) read(pid, last, uptime, now);
  return last.shown;
}

void sampler::read(pid_t pid, reading& into, duration uptime, instant now) {
  static const auto tick = std::chrono::nanoseconds(1'000'000'000 / ::sysconf(_SC_CLK_TCK));
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  tree_usage sum;
  sum.allowed = largest_tree_;
  add_tree(pid, sum, 0);
  if (!sum.whole) {
    into.shown = {};
    into.at = now;
    return;
  }
  const duration cpu = tick * static_cast<long>(sum.cpu_ticks);
  const duration since = into.at == instant{} ? uptime : now - into.at;
  // A descendant that ended takes its time with it; less than nothing is shown as nothing.
  const auto used = std::max(duration{}, cpu - into.cpu);
  into.shown.memory_bytes = sum.pages * page;
  if (since > duration{})
    into.shown.cpu_percent =
        100.0 * static_cast<double>(used.count()) / static_cast<double>(since.count());
  into.cpu = cpu;
  into.at = now;
}

}  // namespace aurora::shell

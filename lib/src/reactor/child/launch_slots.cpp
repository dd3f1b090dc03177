#include "reactor/child/launch_slots.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "reactor/child/unique_fd.hpp"

namespace aurora::reactor {
namespace {

enum slot { null_slot, out_slot, err_slot, extra_slot, slots };

/// Kept until the program ends: other threads may be in a launch while it does.
struct slot_table {
  std::mutex in_use;
  std::array<int, slots> numbers = {-1, -1, -1, -1};

  bool reserve() {
    const unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return false;
    for (int& number : numbers) {
      if (number < 0) number = ::fcntl(null.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
      if (number < 0) return false;
    }
    return true;
  }
};

slot_table& table() {
  static slot_table kept;
  return kept;
}

}  // namespace

launch_slots::launch_slots(const launch_spec& spec) : lock_(table().in_use) {
  const auto& numbers = table().numbers;
  if (numbers.back() < 0 && !table().reserve()) {
    fault_ = {launch_error::phase::resources, errno, "a descriptor"};
    return;
  }
  out_ = fill(out_slot, spec.stdout_fd, "stdout");
  err_ = spec.stderr_fd == spec.stdout_fd ? out_ : fill(err_slot, spec.stderr_fd, "stderr");
  if (spec.extra_fd) extra_ = fill(extra_slot, spec.extra_fd->second, "the extra descriptor");
}

launch_slots::~launch_slots() {
  // A reader of those pipes has to see their end when the child is gone.
  const auto& numbers = table().numbers;
  for (int which = out_slot; which < slots; ++which) {
    const int number = numbers[static_cast<std::size_t>(which)];
    if (number >= 0 && (number == out_ || number == err_ || number == extra_))
      ::dup3(null(), number, O_CLOEXEC);
  }
}

int launch_slots::fill(int slot, int with, const char* subject) {
  if (with < 0) return null();
  const int number = table().numbers[static_cast<std::size_t>(slot)];
  if (::dup3(with, number, O_CLOEXEC) < 0)
    fault_ = {launch_error::phase::descriptors, errno, subject};
  return number;
}

int launch_slots::null() const { return table().numbers[null_slot]; }

int launch_slots::last() const {
  const auto& numbers = table().numbers;
  return *std::max_element(numbers.begin(), numbers.end());
}

}  // namespace aurora::reactor

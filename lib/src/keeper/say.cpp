#include "keeper/say.hpp"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

namespace aurora::keeper {

void say(std::initializer_list<std::string_view> parts) {
  iovec line[12];
  int count = 0;
  const auto add = [&](std::string_view part) {
    line[count++] = iovec{const_cast<char*>(part.data()), part.size()};
  };
  add("aurorad: ");
  for (const auto part : parts) add(part);
  add("\n");
  pollfd state{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&state, 1, 0) <= 0 || (state.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const ssize_t written = ::writev(STDERR_FILENO, line, count);
}

}  // namespace aurora::keeper

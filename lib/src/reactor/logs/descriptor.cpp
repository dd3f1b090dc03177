#include "reactor/logs/descriptor.hpp"

#include <cctype>
#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace aurora::reactor::logs {

void descriptor::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

transfer write_all(int fd, std::string_view bytes) noexcept {
  transfer result;
  while (result.done < bytes.size()) {
    const auto n = ::write(fd, bytes.data() + result.done, bytes.size() - result.done);
    if (n > 0) {
      result.done += static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      result.error = n == 0 ? EIO : errno;
      break;
    }
  }
  return result;
}

transfer read_at(int fd, char* into, std::size_t most, std::uint64_t position) noexcept {
  transfer result;
  while (result.done < most) {
    const auto n = ::pread(fd, into + result.done, most - result.done,
                           static_cast<off_t>(position + result.done));
    if (n > 0) {
      result.done += static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      result.error = n == 0 ? 0 : errno;
      break;
    }
  }
  return result;
}

std::string error_words(int error) {
  auto words = std::generic_category().message(error);
  // "No space left" reads on inside a sentence, "RPC failed" must stay as it is.
  if (words.size() > 1 && std::islower(static_cast<unsigned char>(words[1])))
    words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return words;
}

}  // namespace aurora::reactor::logs

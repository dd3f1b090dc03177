#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace aurora::reactor::logs {

/// Owns a descriptor.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~descriptor() { reset(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

/// What a transfer did before it ended; `error` is an errno value, 0 when all went through.
struct transfer {
  std::size_t done = 0;
  int error = 0;
};

/// Writes all of `bytes`, also after interruptions and partial writes. A write that takes nothing
/// and reports nothing counts as EIO, so that nobody loops on it.
transfer write_all(int fd, std::string_view bytes) noexcept;

/// Reads up to `most` bytes at `position`; fewer only at the end of the file or on an error.
transfer read_at(int fd, char* into, std::size_t most, std::uint64_t position) noexcept;

/// The words for an errno value as they stand inside our sentences: "no space left on device".
std::string error_words(int error);

}  // namespace aurora::reactor::logs

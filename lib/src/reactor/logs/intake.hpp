#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "reactor/logs/descriptor.hpp"

namespace aurora::reactor::logs {

/// The memory that output passes through on its way from a pipe to a file: a mapped file, so that
/// it is there for the next daemon when this one is killed in between. Each read is announced by a
/// record beside the bytes: whose they are, where in the log they belong, how many. The next daemon
/// finds out
/// - whether the read was made: the place of its last bytes held a random pattern before it,
///   written with the record. A read of what a pipe is known to hold is made as a whole or not;
/// - how much of it reached the file: by where the log ends now.
/// Where there is no such file (a full disk) private memory does, and only a kill can lose bytes.
class intake {
 public:
  static constexpr std::size_t size = 1 << 20;

  /// In private memory only, until `open`.
  intake() = default;
  ~intake();
  intake(const intake&) = delete;
  intake& operator=(const intake&) = delete;

  /// Maps the file at `path`; what a daemon before left in it can be taken first.
  void open(const std::string& path);

  /// A place for `bytes` (at most `size`) that are about to be read, all of them or none. They are
  /// byte `offset` and on of the log `name`; an empty name: they go nowhere that a next daemon
  /// could tell. Valid until the next call.
  char* place_for(std::string_view name, std::uint64_t offset, std::size_t bytes);

  struct rest {
    std::string name;
    std::uint64_t offset = 0;
    std::string bytes;
  };
  /// What was read last and may not have reached its file; once, and before `place_for`.
  std::optional<rest> take_rest();

 private:
  struct record;
  static constexpr std::size_t longest_pattern = 16;

  bool map(const std::string& path);
  char* private_memory();
  bool announce(std::string_view name, std::uint64_t offset, std::size_t bytes);

  descriptor file_;
  char* mapped_ = nullptr;
  std::unique_ptr<char[]> own_;
  std::array<char, longest_pattern> pattern_{};
};

}  // namespace aurora::reactor::logs

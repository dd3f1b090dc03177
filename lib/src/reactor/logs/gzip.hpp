#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "reactor/logs/descriptor.hpp"

namespace aurora::reactor::logs {

/// Packs everything from `in` (from its beginning) to `out`. Blocks: for workers. Ends early with
/// ECANCELED when `stop` becomes true. Returns 0 or an errno value.
int gzip_copy(int in, int out, const std::atomic<bool>& stop);

/// How much a packed file of ours holds unpacked, from its last bytes; exact below 4 GiB. 0 for
/// what is no gzip file.
std::uint64_t gzip_content_size(int packed);

/// Whether `packed` ends as the complete copy of `plain` would: same size, same checksum.
bool gzip_matches(int plain, int packed);

/// Reads a packed file by position. Going on is cheap, going back starts over. Blocks.
class gzip_source {
 public:
  explicit gzip_source(int packed);
  ~gzip_source();
  gzip_source(gzip_source&&) noexcept;
  gzip_source& operator=(gzip_source&&) noexcept;

  /// As `logs::read_at`; what cannot be unpacked is EIO.
  transfer read_at(char* into, std::size_t most, std::uint64_t position);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace aurora::reactor::logs

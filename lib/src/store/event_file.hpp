#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aurora/status.hpp>

#include "store/atomic_file.hpp"

/// The journal of events as the next daemon finds it: a line of JSON for each, of which the last
/// are kept. Not synced: it outlives the daemon, and most of it the machine.
namespace aurora::store {

/// Appends to PATH; the generation before stays as PATH.previous. Blocks for small writes into the
/// page cache. One writer at a time: whoever holds the lock of the state directory.
class event_file {
 public:
  /// Goes on with the file that is there. most: bytes of a generation. Error: words with the path.
  static outcome<std::unique_ptr<event_file>> open(std::string path,
                                                   std::size_t most = std::size_t{256} << 10);

  /// The number of the last entry that was kept; 0: there is none.
  std::uint64_t last() const { return last_; }
  /// The kept entries whose number is below `before`, oldest first. What is damaged, or was cut
  /// short by a kill, is left out.
  std::vector<journal_entry> read(std::uint64_t before) const;

  /// Nothing is written until `flush`.
  void put(const journal_entry& entry);
  /// In one write(2). False: `fault` says why; what was put waits for the next flush, up to 1 MiB
  /// of it, then the oldest go and are counted there.
  bool flush() noexcept;
  /// Words about the last flush, with the path; empty: all is well.
  const std::string& fault() const noexcept { return fault_; }

 private:
  event_file(std::string path, std::size_t most) : path_(std::move(path)), most_(most) {}
  outcome<void> write_waiting();
  outcome<void> begin_generation();

  std::string path_;
  std::size_t most_, size_ = 0;
  std::uint64_t last_ = 0;
  descriptor file_;
  std::string waiting_, fault_;
  bool torn_ = false;  ///< the file ends within a line, and what waits begins with its rest
  std::size_t dropped_ = 0;
};

}  // namespace aurora::store

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "store/atomic_file.hpp"
#include "store/journal_format.hpp"
#include "store/newest_records.hpp"
#include "store/state_file.hpp"

/// What a daemon must tell the next one on the same state directory: a log of which the newest
/// value of each key counts. Intent is written before the act that it describes. Nothing is synced:
/// the page cache outlives a killed daemon, and after a reboot, which the boot id shows, there is
/// nothing to take over. The form: store/journal_format.hpp.
namespace aurora::store {

struct journal_contents {
  journal_header header;
  std::vector<record> records;  ///< the newest of each key, in order of first appearance
  /// What was wrong and what was read instead, with the path. Empty: all is well. A last line that
  /// a kill cut short is no fault.
  std::string fault;
  bool is_previous = false;  ///< it is the generation before: what came after is not in it
};

/// Reads a journal, or where it is of no use the generation before (PATH.previous). Nothing: there
/// is neither. Where both are damaged there are no records and no header, and `fault` says so.
/// Error: only `newer` and `unreadable`; whoever starts over then would start second copies.
boost::system::result<std::optional<journal_contents>, load_fault> read_journal(
    const std::string& path);

/// Writes a journal. Blocks for small writes into the page cache. One writer at a time: whoever
/// holds the lock of the state directory.
class state_journal {
 public:
  /// Begins a new generation that holds `records`; the one before is kept as PATH.previous. A
  /// crash at any point leaves one of both to read. Error: words with the path.
  static boost::system::result<std::unique_ptr<state_journal>, std::string> begin(
      std::string path, journal_header header, const std::vector<record>& records);
  /// The same for whoever must go on, whatever the disk says: where no new generation can be
  /// written the one before stays, `fault` tells why, and each `flush` tries again. Error: as
  /// above, but only for what no line can carry.
  static boost::system::result<std::unique_ptr<state_journal>, std::string> go_on(
      std::string path, journal_header header, const std::vector<record>& records);

  /// Remembers a change; nothing is written until `flush`. The same value again is none. What no
  /// line can carry (`is_recordable`) is refused, and the next flush tells.
  void put(std::string_view key, std::string_view value);
  void forget(std::string_view key);

  /// Writes all changes since, in one write(2); a file that has become several times as large as
  /// need be is replaced by a new generation.
  /// False: not all of it is in the file, and `fault` says why. What was not written waits for the
  /// next flush, which begins a new generation: a torn line may lie in this one.
  bool flush() noexcept;

  /// Words about the last flush, with the path; empty where all went well. After a flush that
  /// succeeded: only that the file could not be made small again, which is tried once more when it
  /// has doubled.
  const std::string& fault() const noexcept { return fault_; }

 private:
  state_journal(std::string path, journal_header header);

  bool is_due() const noexcept;
  bool append();
  bool begin_generation();

  std::string path_;
  journal_header header_;
  newest_records newest_;
  std::string pending_;  ///< lines since the last flush
  descriptor file_;
  std::size_t size_ = 0;        ///< bytes in the file
  std::size_t fresh_size_ = 0;  ///< bytes that a new generation would take
  std::size_t not_before_ = 0;  ///< size below which none is tried again
  bool is_torn_ = true;         ///< the file lacks something, or ends in half a line
  std::string fault_, refused_;
};

}  // namespace aurora::store

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "store/newest_records.hpp"

/// The text of a state journal, from bytes and to bytes. Lines, so that people can look:
///
///     aurora-journal 1 BOOT_ID RUN_ID CRC
///     CRC KEY VALUE
///     CRC KEY
///
/// The last form forgets the key. CRC is the `checksum` of the rest of the line, in the first line
/// of what stands before the last space. VALUE is any bytes but a newline, and may be empty. Every
/// version begins with "aurora-journal VERSION " and ends its first line with the checksum, so that
/// a damaged file is never taken for a newer one.
namespace aurora::store {

/// Whose journal it is. Neither holds a space or a newline, neither is empty.
struct journal_header {
  std::string boot_id, run_id;
  friend bool operator==(const journal_header&, const journal_header&) = default;
};

struct journal_text {
  journal_header header;
  std::vector<record> records;     ///< the newest of each key, in order of first appearance
  std::size_t bad_lines = 0;       ///< skipped; not counted: one at the end, which a kill leaves
  std::size_t first_bad_line = 0;  ///< counted from 1
};

enum class header_fault { damaged, newer };

/// Total on any bytes. Error: the first line says nothing that this version could use.
boost::system::result<journal_text, header_fault> parse_journal(std::string_view bytes);

/// Whether a line can carry it: a key with neither spaces nor newlines, a value without newlines,
/// a mebibyte in all.
bool is_recordable(std::string_view key, std::string_view value);

/// Whether a first line can carry it.
bool is_recordable(const journal_header& header);

/// The line's bytes, its newline among them.
std::size_t line_size(std::string_view key, std::string_view value);

/// Each appends one line. Only of what is recordable.
void append_header(std::string& out, const journal_header& header);
void append_value(std::string& out, std::string_view key, std::string_view value);
void append_forgotten(std::string& out, std::string_view key);

}  // namespace aurora::store

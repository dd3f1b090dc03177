#include "store/journal_format.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "store/checksum.hpp"

namespace aurora::store {
namespace {

constexpr std::string_view magic = "aurora-journal";
constexpr std::string_view format_version = "1";
constexpr std::size_t longest_line = 1 << 20;

using std::string_view;

bool is_word(string_view text) {
  return !text.empty() && text.find_first_of(" \n") == string_view::npos;
}

/// The text before the first space; the rest stays.
string_view take_word(string_view& rest) {
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

/// Whether these digits are a number above our version.
bool is_newer(string_view version) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.empty() || version[0] == '0') return false;
  if (!std::all_of(version.begin(), version.end(), is_digit)) return false;
  return version.size() > format_version.size() || version > format_version;
}

boost::system::result<journal_header, header_fault> parse_header(string_view line) {
  const auto last = line.rfind(' ');
  if (last == string_view::npos || line.size() > longest_line) return header_fault::damaged;
  auto rest = line.substr(0, last);
  if (checksum(rest) != line.substr(last + 1)) return header_fault::damaged;
  if (take_word(rest) != magic) return header_fault::damaged;
  const auto version = take_word(rest);
  if (is_newer(version)) return header_fault::newer;
  const auto boot_id = take_word(rest);
  if (version != format_version || boot_id.empty() || !is_word(rest)) return header_fault::damaged;
  return journal_header{std::string(boot_id), std::string(rest)};
}

/// Whether the line was good.
bool apply_line(string_view line, newest_records& records) {
  if (line.size() > longest_line) return false;
  const auto sum = take_word(line);
  if (sum.size() != checksum_size || checksum(line) != sum) return false;
  const auto key = line.substr(0, line.find(' '));
  if (key.empty()) return false;
  if (key.size() == line.size()) {
    records.forget(key);
  } else {
    records.put(key, line.substr(key.size() + 1));
  }
  return true;
}

/// Appends a line around `rest`, whose checksum comes first: "CRC REST".
template <class... Parts>
void append_line(std::string& out, Parts... rest) {
  const auto start = out.size();
  out.append(checksum_size, '0');
  (out.append(rest), ...);
  const auto body = string_view(out).substr(start + checksum_size + 1);
  out.replace(start, checksum_size, checksum(body));
  out += '\n';
}

}  // namespace

boost::system::result<journal_text, header_fault> parse_journal(string_view bytes) {
  auto end = bytes.find('\n');
  if (end == string_view::npos) return header_fault::damaged;
  auto header = parse_header(bytes.substr(0, end));
  if (!header) return header.error();
  journal_text text;
  text.header = std::move(*header);
  newest_records records;
  std::size_t number = 1;
  for (bytes.remove_prefix(end + 1); (end = bytes.find('\n')) != string_view::npos;) {
    ++number;
    const bool good = apply_line(bytes.substr(0, end), records);
    bytes.remove_prefix(end + 1);
    if (good || bytes.empty()) continue;
    if (text.bad_lines++ == 0) text.first_bad_line = number;
  }
  text.records.assign(records.all().begin(), records.all().end());
  return text;
}

bool is_recordable(string_view key, string_view value) {
  return is_word(key) && value.find('\n') == string_view::npos &&
         line_size(key, value) <= longest_line;
}

bool is_recordable(const journal_header& header) {
  return is_word(header.boot_id) && is_word(header.run_id) &&
         header.boot_id.size() + header.run_id.size() < longest_line / 2;
}

std::size_t line_size(string_view key, string_view value) {
  return checksum_size + 1 + key.size() + 1 + value.size() + 1;
}

void append_header(std::string& out, const journal_header& header) {
  std::string line(magic);
  for (const string_view word :
       {format_version, string_view(header.boot_id), string_view(header.run_id)}) {
    line.append(" ").append(word);
  }
  out.append(line).append(" ").append(checksum(line)).append("\n");
}

void append_value(std::string& out, string_view key, string_view value) {
  append_line(out, string_view(" "), key, string_view(" "), value);
}

void append_forgotten(std::string& out, string_view key) {
  append_line(out, string_view(" "), key);
}

}  // namespace aurora::store
